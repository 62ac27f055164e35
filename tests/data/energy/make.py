#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the sample exports of this folder: one month of four public buildings, with dirt.

    python3 tests/data/energy/make.py

Deterministic: the same files every time. Meter numbers are invented (they begin with 99, which no
distribution grid uses). README.md lists the dirt; tests count on it.
"""
import datetime as dt
import os

HERE = os.path.dirname(os.path.abspath(__file__))
UTC = dt.timezone.utc
SUMMER, WINTER = dt.timezone(dt.timedelta(hours=2)), dt.timezone(dt.timedelta(hours=1))
CHANGE = dt.datetime(2025, 10, 26, 1, tzinfo=UTC)  # clocks go back: 03:00 summer is 02:00 winter
FIRST, LAST = dt.datetime(2025, 9, 30, 22, tzinfo=UTC), dt.datetime(2025, 10, 31, 23, tzinfo=UTC)
STEP = dt.timedelta(minutes=30)

BUILDINGS = [  # meter, night W, day W, opening hours, works on Saturdays
    ("99000000000017", 900, 14200, (7, 18), False),   # a school
    ("99000000000025", 2100, 23800, (8, 22), True),   # a sports hall
    ("99000000000033", 650, 6400, (9, 17), False),    # a town hall annexe
    ("99000000000041", 1200, 9100, (10, 19), True),   # a library
]


def local(instant):
    return instant.astimezone(SUMMER if instant < CHANGE else WINTER)


def noise(*parts):
    """A number in [0, 1) that depends on its arguments alone."""
    h = 2166136261
    for byte in repr(parts).encode():
        h = (h ^ byte) * 16777619 % 2**32
    return (h >> 8) / 2**24


def power(building, end):
    meter, night, day, (opens, closes), saturdays = building
    at = local(end - STEP)
    open_day = at.weekday() < (6 if saturdays else 5)
    base = day if open_day and opens <= at.hour < closes else night
    return round(base * (0.85 + 0.3 * noise(meter, end.isoformat())))


def ends():
    at = FIRST + STEP
    while at <= LAST:
        yield at
        at += STEP


def stamp(instant):
    return local(instant).isoformat()


def write_csv(building, dirt):
    meter = building[0]
    path = os.path.join(HERE, "enedis", f"Enedis_Conso_Heure_{meter}_202510.csv")
    with open(path, "w", encoding="utf-8-sig", newline="") as out:
        out.write("Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;"
                  "Grandeur metier;Etape metier;Unite;Pas en minutes\n")
        out.write(f"{meter};Courbe de charge;01/10/2025;01/11/2025;Energie active;Consommation;"
                  "Comptage Brut;W;30\n")
        out.write("Horodate;Valeur\n")
        for i, end in enumerate(ends()):
            line = f"{stamp(end)};{power(building, end)}"
            out.write(dirt.get(i, lambda text: text)(line) + (";" if i == 0 else "") + "\n")


def without_value(line):
    return line.split(";")[0] + ";"


def write_r50(buildings):
    path = os.path.join(HERE, "sge", "ENEDIS_R50_C_990000_00001_20251101043012.xml")
    with open(path, "w", encoding="utf-8", newline="") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<R50>\n  <En_Tete_Flux>\n'
                  "    <Identifiant_Flux>R50</Identifiant_Flux>\n"
                  "    <Libelle_Flux>Courbes de charge C5</Libelle_Flux>\n"
                  "    <Version_XSD>1.1.0</Version_XSD>\n"
                  "    <Identifiant_Emetteur>ERDF</Identifiant_Emetteur>\n"
                  "    <Identifiant_Destinataire>99000000000000</Identifiant_Destinataire>\n"
                  "    <Date_Creation>2025-11-01T04:30:12+01:00</Date_Creation>\n"
                  "    <Identifiant_Contrat>GRD-F000</Identifiant_Contrat>\n"
                  "    <Numero_Abonnement>990000</Numero_Abonnement>\n"
                  "    <Pas_Publication>30</Pas_Publication>\n  </En_Tete_Flux>\n")
        for building in buildings:
            out.write(f"  <PRM>\n    <Id_PRM>{building[0]}</Id_PRM>\n")
            day = None
            for i, end in enumerate(ends()):
                of = local(end - STEP).date()
                if of != day:
                    if day:
                        out.write("    </Donnees_Releve>\n")
                    day = of
                    out.write(f"    <Donnees_Releve>\n      <Date_Releve>{of}</Date_Releve>\n"
                              f"      <Id_Affaire>A0{of:%m%d}</Id_Affaire>\n")
                out.write(f"      <PDC><H>{stamp(end)}</H>")
                if i % 211 != 100:  # no measure: neither value nor plausibility
                    out.write(f"<V>{power(building, end)}</V><IV>{1 if i % 307 == 50 else 0}</IV>")
                out.write("</PDC>\n")
            out.write("    </Donnees_Releve>\n  </PRM>\n")
        out.write("</R50>\n")


def main():
    write_csv(BUILDINGS[0], {
        200: lambda line: line.replace("2025-10-05T", "2025-10-32T"),        # a bad date
        333: without_value,                                                  # no measure
        334: without_value,
        700: lambda line: line.split(";")[0] + ";-" + line.split(";")[1],    # a negative value
    })
    write_csv(BUILDINGS[1], {
        500: lambda line: line + "\n" + line,                                # a step twice
        910: lambda line: line.split(";")[0] + ";n.c.",                      # a word for a number
    })
    write_r50(BUILDINGS[2:])


if __name__ == "__main__":
    main()
