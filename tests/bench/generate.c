/* SPDX-License-Identifier: Apache-2.0 */
/* Writes benchmark inputs: readings of meters as dirty CSV, the same as clean CSV for \copy, a load
 * curve of the customer form, and R50 XML of any size. Record i is the same every time.
 *
 *   generate dirty N FILE   windows-1252, ';', CRLF, 12 columns, quoted names with ';', line breaks
 *                           and doubled quotes, padded texts, dd/mm/yyyy hh:mm, decimal commas;
 *                           3 in 1,000 records are bad (date, number, sign)
 *   generate clean N FILE   its good records, UTF-8, ',', ISO dates, with kgCO2e
 *   generate curve N FILE   two-block customer CSV of one meter
 *   generate r50 MIB FILE   R50 XML of about that size */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const kinds[] = { "\xC3\x89" "cole maternelle", "Piscine",
                                     "M\xC3\xA9" "diath\xC3\xA8que",
                                     "Stade", "Cr\xC3\xA8" "che", "Salle des f\xC3\xAAtes",
                                     "H\xC3\xB4tel de ville", "Mus\xC3\xA9" "e" };
static const char *const names[] = { "des Tilleuls", "Fran\xC3\xA7oise Dolto", "du Ch\xC3\xAAne",
                                     "Aim\xC3\xA9 C\xC3\xA9saire",
                                     "de l\xE2\x80\x99\xC3\x89" "tang",
                                     "Simone Veil", "du March\xC3\xA9", "Pasteur" };
static const char *const streets[] = { "rue du Moulin", "place de la Mairie",
                                       "avenue des Lilas", "chemin de la Cr\xC3\xAAte" };
static const char *const tariffs[] = { "BT<=36kVA", "BT>36kVA", "HTA", "HP/HC" };
static const char *const energies[] = { "\xC3\x89lectricit\xC3\xA9", "Gaz naturel", "Fioul",
                                        "R\xC3\xA9seau de chaleur", "Bois" };
static const int64_t grams[] = { 52, 227, 324, 110, 30 }; /* kgCO2e for each MWh */
static const char *const towns[] = { "99001", "99002", "99017", "99113" };

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

struct record {
    uint64_t meter_seed;
    char name[128];
    int quoted;
    struct tm at;
    int64_t milli_kwh;
    int bad; /* 0, or 1 date, 2 number, 3 sign */
    size_t energy;
    uint64_t dice;
};

static void make(uint64_t i, struct record *r)
{
    uint64_t meter = i % 600, seed = mix(meter * 77 + 5);
    const char *kind = kinds[seed % 8], *name = names[seed / 8 % 8];
    unsigned style = (unsigned)(seed / 64 % 20);
    time_t at = 1672531200 + (time_t)(i / 600) * 600;
    memset(r, 0, sizeof *r);
    r->meter_seed = meter;
    r->dice = mix(i + 1);
    r->quoted = style < 3;
    snprintf(r->name, sizeof r->name,
             style == 0   ? "%s ; %s"
             : style == 1 ? "%s\n%s"
             : style == 2 ? "%s \"%s\""
                          : "%s %s",
             kind, name);
    gmtime_r(&at, &r->at);
    r->milli_kwh = (int64_t)(r->dice % 240000);
    r->energy = seed / 4096 % 5;
    r->bad = r->dice / 1000000 % 1000 < 3 ? 1 + (int)(r->dice / 1000000 % 1000) : 0;
}

/* UTF-8 of this file to windows-1252: two-byte sequences are Latin-1, the one three-byte
 * sequence is the curly apostrophe. */
static void put_narrow(FILE *out, const char *s)
{
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x80) {
            putc(c, out);
        } else if (c < 0xE0) {
            putc((c & 3) << 6 | (s[1] & 63), out);
            s++;
        } else {
            putc(0x92, out);
            s += 2;
        }
    }
}

static void quote(char *out, const char *s)
{
    *out++ = '"';
    for (; *s != '\0'; s++) {
        if (*s == '"')
            *out++ = '"';
        *out++ = *s;
    }
    *out++ = '"';
    *out = '\0';
}

static void dirty_line(FILE *out, uint64_t i)
{
    struct record r;
    char line[1024], name[300];
    make(i, &r);
    const char *pad = r.dice % 9 == 0 ? "  " : "";
    if (r.quoted)
        quote(name, r.name);
    else
        snprintf(name, sizeof name, "%s%s%s", pad, r.name, pad);
    int n = snprintf(line, sizeof line, "99%012" PRIu64 ";%s;%s%" PRIu64 " %s;%s;", r.meter_seed,
                     name, pad, 1 + r.meter_seed % 90, streets[r.meter_seed % 4],
                     towns[r.meter_seed % 4]);
    n += snprintf(line + n, sizeof line - (size_t)n, "%02d/%02d/%04d %02d:%02d;",
                  r.bad == 1 ? 32 : r.at.tm_mday, r.at.tm_mon + 1, r.at.tm_year + 1900,
                  r.at.tm_hour, r.at.tm_min);
    if (r.bad == 2)
        n += snprintf(line + n, sizeof line - (size_t)n, "n.c.");
    else
        n += snprintf(line + n, sizeof line - (size_t)n, "%s%" PRId64 ",%03" PRId64,
                      r.bad == 3 ? "-" : "", r.milli_kwh / 1000 + (r.bad == 3),
                      r.milli_kwh % 1000);
    n += snprintf(line + n, sizeof line - (size_t)n, ";%s;%s;%d,%d;%s%s;",
                  r.dice % 25 == 0 ? "E" : "R", tariffs[r.meter_seed % 4],
                  (int)(r.meter_seed % 250), (int)(r.meter_seed % 10), energies[r.energy], pad);
    if (r.dice % 5 == 0)
        n += snprintf(line + n, sizeof line - (size_t)n, "Relev\xC3\xA9 %d",
                      (int)(r.dice % 9999));
    snprintf(line + n, sizeof line - (size_t)n, ";T\xC3\xA9l\xC3\xA9rel\xC3\xA8ve\r\n");
    put_narrow(out, line);
}

static void clean_line(FILE *out, uint64_t i)
{
    struct record r;
    char name[300];
    make(i, &r);
    if (r.bad)
        return;
    quote(name, r.name);
    fprintf(out, "99%012" PRIu64 ",%s,%" PRIu64 " %s,%s,", r.meter_seed,
            r.quoted ? name : r.name, 1 + r.meter_seed % 90, streets[r.meter_seed % 4],
            towns[r.meter_seed % 4]);
    fprintf(out, "%04d-%02d-%02d %02d:%02d:00Z,%" PRId64 ".%03" PRId64 ",%s,%s,%d.%d,%s,",
            r.at.tm_year + 1900, r.at.tm_mon + 1, r.at.tm_mday, r.at.tm_hour, r.at.tm_min,
            r.milli_kwh / 1000, r.milli_kwh % 1000, r.dice % 25 == 0 ? "E" : "R",
            tariffs[r.meter_seed % 4], (int)(r.meter_seed % 250), (int)(r.meter_seed % 10),
            energies[r.energy]);
    if (r.dice % 5 == 0)
        fprintf(out, "Relev\xC3\xA9 %d", (int)(r.dice % 9999));
    int64_t micro = r.milli_kwh * grams[r.energy];
    fprintf(out, ",T\xC3\xA9l\xC3\xA9rel\xC3\xA8ve,%" PRId64 ".%06" PRId64 "\n", micro / 1000000,
            micro % 1000000);
}

static void curve(FILE *out, uint64_t n)
{
    fputs("\xEF\xBB\xBFIdentifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur "
          "physique;Grandeur metier;Etape metier;Unite;Pas en minutes\n"
          "99000000000017;Courbe de charge;01/01/2000;01/01/2300;Energie active;Consommation;"
          "Comptage Brut;W;30\nHorodate;Valeur\n", out);
    for (uint64_t i = 0; i < n; i++) {
        time_t at = 946684800 + (time_t)i * 1800;
        struct tm tm;
        gmtime_r(&at, &tm);
        fprintf(out, "%04d-%02d-%02dT%02d:%02d:00+00:00;%u\n", tm.tm_year + 1900, tm.tm_mon + 1,
                tm.tm_mday, tm.tm_hour, tm.tm_min, (unsigned)(mix(i) % 20000));
    }
}

static void r50(FILE *out, uint64_t mib)
{
    uint64_t meter = 0;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R50>\n<En_Tete_Flux><Identifiant_Flux>R50"
          "</Identifiant_Flux><Pas_Publication>30</Pas_Publication></En_Tete_Flux>\n", out);
    while ((uint64_t)ftello(out) < mib << 20) {
        fprintf(out, "<PRM><Id_PRM>99%012" PRIu64 "</Id_PRM>\n", meter++);
        for (int day = 1; day <= 28; day++) {
            fprintf(out, "<Donnees_Releve><Date_Releve>2025-02-%02d</Date_Releve>\n", day);
            for (int step = 1; step < 48; step++)
                fprintf(out,
                        "<PDC><H>2025-02-%02dT%02d:%02d:00+01:00</H><V>%u</V><IV>0</IV></PDC>\n",
                        day, step / 2, step % 2 * 30,
                        (unsigned)(mix(meter * 4096 + (uint64_t)(day * 48 + step)) % 9000));
            fputs("</Donnees_Releve>\n", out);
        }
        fputs("</PRM>\n", out);
    }
    fputs("</R50>\n", out);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: generate dirty|clean|curve|r50 N FILE\n");
        return 2;
    }
    uint64_t n = strtoull(argv[2], NULL, 10);
    FILE *out = fopen(argv[3], "wb");
    if (out == NULL) {
        perror(argv[3]);
        return 1;
    }
    setvbuf(out, NULL, _IOFBF, 1 << 20);
    if (strcmp(argv[1], "curve") == 0) {
        curve(out, n);
    } else if (strcmp(argv[1], "r50") == 0) {
        r50(out, n);
    } else {
        int dirty = strcmp(argv[1], "dirty") == 0;
        if (dirty)
            put_narrow(out, "PDL;Nom du b\xC3\xA2timent;Adresse;Commune;Horodate;Consommation "
                            "(kWh);Qualit\xC3\xA9;Tarif;Puissance;\xC3\x89nergie;Commentaire;"
                            "Source\r\n");
        for (uint64_t i = 0; i < n; i++)
            (dirty ? dirty_line : clean_line)(out, i);
    }
    if (fclose(out) != 0) {
        perror(argv[3]);
        return 1;
    }
    return 0;
}
