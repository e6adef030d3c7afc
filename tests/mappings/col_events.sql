-- Colombia, events: only the two kinds of accident are accidents; the others wait in quarantine, left out by this mapping.
SELECT lon, lat, 'WGS 84' AS given_datum,
 "departamento" AS admin1_name, "municipio" AS admin2_name,
 CASE "tipo_area" WHEN 'Urbana' THEN 'urban' WHEN 'Rural' THEN 'rural' END AS area_type,
 CASE "tipo_evento_cod" WHEN 1 THEN 'mine' ELSE 'uxo_axo' END AS class,
 printf('%04d-01-01', "anio") AS date_earliest, printf('%04d-12-31', "anio") AS date_latest, 'year' AS date_known
FROM source
WHERE "tipo_evento" LIKE 'Accidente%'
