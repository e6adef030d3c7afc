-- Bosnian municipalities, geoBoundaries.
SELECT geometry, "shapeID" AS national_id, "shapeName" AS name, 'admin3' AS type FROM source
