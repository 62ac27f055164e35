# SPDX-License-Identifier: Apache-2.0
import sqlite3

with sqlite3.connect("city.gpkg") as db:
    db.execute("UPDATE meters SET note = 'ca' || char(0) || 'fe' WHERE meter = 'A2'")
