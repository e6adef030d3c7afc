-- Ukrainian raions with KATOTTH codes.
SELECT geometry, "katotth" AS national_id, "name:uk" AS name, "name:uk" AS name_uk, "name:en" AS name_en, 'admin2' AS type,
 "katotth" AS national_code
FROM source
