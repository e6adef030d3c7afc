-- First-level units, OpenStreetMap 2020 by way of country-levels-export.
SELECT geometry, "iso2" AS national_id, "name", 'admin1' AS type, "population", "area_m2" AS reported_area_m2
FROM source
