/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_crs.h"

#include <stdio.h>

#include "orch/error.h"

/* The systems that municipalities of France deliver in, by their parameters in the EPSG registry;
 * the zones of Lambert-93 (3942 to 3950) and of UTM follow from their number. */
struct datum {
    int code;       /* of the geographic system */
    int datum_code;
    const char *name;
    const char *datum;
    const char *ellipsoid;
};

#define WGS84_ELLIPSOID "\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]"
#define GRS80_ELLIPSOID "\"GRS 1980\",6378137,298.257222101,AUTHORITY[\"EPSG\",\"7019\"]"

static const struct datum datums[] = {
    { 4326, 6326, "WGS 84", "WGS_1984", WGS84_ELLIPSOID },
    { 4171, 6171, "RGF93 v1", "Reseau_Geodesique_Francais_1993_v1", GRS80_ELLIPSOID },
    { 4258, 6258, "ETRS89", "European_Terrestrial_Reference_System_1989", GRS80_ELLIPSOID },
    { 5489, 1073, "RGAF09", "Reseau_Geodesique_des_Antilles_Francaises_2009", GRS80_ELLIPSOID },
    { 4624, 6624, "RGFG95", "Reseau_Geodesique_Francais_Guyane_1995", GRS80_ELLIPSOID },
    { 4627, 6627, "RGR92", "Reseau_Geodesique_de_la_Reunion_1992", GRS80_ELLIPSOID },
    { 4470, 1036, "RGM04", "Reseau_Geodesique_de_Mayotte_2004", GRS80_ELLIPSOID },
};

struct zone {
    int first, last; /* EPSG codes */
    int base;        /* geographic system */
    int number;      /* of the zone at `first` */
    bool south;
};

static const struct zone zones[] = {
    { 32628, 32633, 4326, 28, false }, { 25828, 25833, 4258, 28, false },
    { 5490, 5490, 5489, 20, false },   { 2972, 2972, 4624, 22, false },
    { 2975, 2975, 4627, 40, true },    { 4471, 4471, 4470, 38, true },
};

#define CC_FIRST 3942
#define CC_LAST 3950
#define TEXT_MAX 1024

static const struct datum *datum_find(int64_t code)
{
    for (size_t i = 0; i < sizeof datums / sizeof datums[0]; i++)
        if (datums[i].code == code)
            return &datums[i];
    return NULL;
}

static void geographic_text(const struct datum *d, char out[TEXT_MAX])
{
    snprintf(out, TEXT_MAX,
             "GEOGCS[\"%s\",DATUM[\"%s\",SPHEROID[%s],AUTHORITY[\"EPSG\",\"%d\"]],"
             "PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],"
             "UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],"
             "AUTHORITY[\"EPSG\",\"%d\"]]",
             d->name, d->datum, d->ellipsoid, d->datum_code, d->code);
}

static void projected_text(const char *name, int base, const char *projection, int64_t code,
                           char out[2 * TEXT_MAX])
{
    char geographic[TEXT_MAX];
    geographic_text(datum_find(base), geographic);
    snprintf(out, 2 * TEXT_MAX,
             "PROJCS[\"%s\",%s,%s,UNIT[\"metre\",1,AUTHORITY[\"EPSG\",\"9001\"]],"
             "AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"%lld\"]]",
             name, geographic, projection, (long long)code);
}

static void lambert_text(char out[TEXT_MAX], double origin, double first, double second,
                         double easting, double northing)
{
    snprintf(out, TEXT_MAX,
             "PROJECTION[\"Lambert_Conformal_Conic_2SP\"],PARAMETER[\"latitude_of_origin\",%.10g],"
             "PARAMETER[\"central_meridian\",3],PARAMETER[\"standard_parallel_1\",%.10g],"
             "PARAMETER[\"standard_parallel_2\",%.10g],PARAMETER[\"false_easting\",%.10g],"
             "PARAMETER[\"false_northing\",%.10g]",
             origin, first, second, easting, northing);
}

static void utm_text(char out[TEXT_MAX], int number, bool south)
{
    snprintf(out, TEXT_MAX,
             "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],"
             "PARAMETER[\"central_meridian\",%d],PARAMETER[\"scale_factor\",0.9996],"
             "PARAMETER[\"false_easting\",500000],PARAMETER[\"false_northing\",%d]",
             6 * number - 183, south ? 10000000 : 0);
}

static const struct zone *zone_find(int64_t code)
{
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++)
        if (code >= zones[i].first && code <= zones[i].last)
            return &zones[i];
    return NULL;
}

/* false: no definition of it here */
static bool describe(int64_t code, char name[64], char text[2 * TEXT_MAX])
{
    char projection[TEXT_MAX];
    const struct datum *datum = datum_find(code);
    const struct zone *zone = zone_find(code);
    if (datum != NULL) {
        snprintf(name, 64, "%s", datum->name);
        geographic_text(datum, text);
        return true;
    }
    if (code == 2154) {
        snprintf(name, 64, "RGF93 v1 / Lambert-93");
        lambert_text(projection, 46.5, 49, 44, 700000, 6600000);
        projected_text(name, 4171, projection, code, text);
        return true;
    }
    if (code >= CC_FIRST && code <= CC_LAST) {
        int latitude = (int)(code - CC_FIRST) + 42;
        snprintf(name, 64, "RGF93 v1 / CC%d", latitude);
        lambert_text(projection, latitude, latitude - 0.75, latitude + 0.75, 1700000,
                     (latitude - 41) * 1000000.0 + 200000);
        projected_text(name, 4171, projection, code, text);
        return true;
    }
    if (zone == NULL)
        return false;
    int number = zone->number + (int)(code - zone->first);
    snprintf(name, 64, "%s / UTM zone %d%c", datum_find(zone->base)->name, number,
             zone->south ? 'S' : 'N');
    utm_text(projection, number, zone->south);
    projected_text(name, zone->base, projection, code, text);
    return true;
}

static orch_status row_add(struct lite_store *s, int64_t code, orch_error *err)
{
    char name[64], text[2 * TEXT_MAX];
    if (!describe(code, name, text)) {
        snprintf(name, sizeof name, "EPSG:%lld", (long long)code);
        snprintf(text, sizeof text, "undefined");
    }
    return lite_run(s, err,
                    "INSERT INTO main.gpkg_spatial_ref_sys (srs_name, srs_id, organization, "
                    "organization_coordsys_id, definition) VALUES (%Q, %lld, 'EPSG', %lld, %Q)",
                    name, (long long)code, (long long)code, text);
}

orch_status gpkg_crs_create(struct lite_store *s, orch_error *err)
{
    orch_status st = lite_run(
        s, err,
        "INSERT INTO main.gpkg_spatial_ref_sys VALUES "
        "('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', "
        "'a Cartesian system that nobody named'), "
        "('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', "
        "'a geographic system that nobody named')");
    return st == ORCH_OK ? row_add(s, 4326, err) : st;
}

orch_status gpkg_crs_ensure(struct lite_store *s, int64_t epsg, int64_t *srs_id, orch_error *err)
{
    orch_status st = lite_number(s, INT64_MIN, srs_id, err,
                                 "SELECT min(srs_id) FROM main.gpkg_spatial_ref_sys WHERE "
                                 "upper(organization) = 'EPSG' AND "
                                 "organization_coordsys_id = %lld", (long long)epsg);
    if (st != ORCH_OK || *srs_id != INT64_MIN)
        return st;
    *srs_id = epsg;
    return row_add(s, epsg, err);
}

orch_status gpkg_crs_code(struct lite_store *s, int64_t srs_id, int64_t *epsg, orch_error *err)
{
    return lite_number(s, 0, epsg, err,
                       "SELECT organization_coordsys_id FROM main.gpkg_spatial_ref_sys WHERE "
                       "srs_id = %lld AND upper(organization) = 'EPSG'", (long long)srs_id);
}
