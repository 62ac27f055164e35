-- SPDX-License-Identifier: Apache-2.0
return {
    exports = "/exports",
    insee = "99999",
    limits = { 30, 50, 80 },
    columns = { "section", "datetime", "speed" },
    zone = { name = "Europe/Paris" },
}
