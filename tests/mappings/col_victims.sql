-- Colombia, one row a victim. The coordinates are those of the municipality's seat, not of the blast.
SELECT
 "departamento" AS admin1_name,
 "municipio" AS admin2_name,
 nullif("sitio", 'Sin información') AS place_name,
 "longitudcabecera" AS lon, "latitudcabecera" AS lat, 'WGS 84' AS given_datum,
 'somewhere_in_place' AS position_quality, 'settlement' AS point_role,
 "ano" AS accident_year, "mes" AS accident_month,
 CASE "tipoarea" WHEN 'Urbana' THEN 'urban' WHEN 'Rural' THEN 'rural' END AS area_type,
 CASE "rangoedad" WHEN 'Menor de 18 años' THEN 'child' WHEN 'Mayor de 18 años' THEN 'adult' ELSE 'unknown' END AS age_band,
 CASE "condicion" WHEN 'Civil' THEN 'civilian' WHEN 'Fuerza pública' THEN 'military_security' ELSE 'unknown' END AS status,
 CASE "estado" WHEN 'Herido' THEN 'injured' WHEN 'Muerto' THEN 'killed' ELSE 'unknown' END AS outcome,
 CASE "genero" WHEN 'Masculino' THEN 'male' WHEN 'Femenino' THEN 'female' ELSE 'not_stated' END AS sex,
 CASE "tipoevento" WHEN 'Accidente por MAP' THEN 'mine_unspecified' WHEN 'Accidente por MUSE' THEN 'other_erw' END AS device_class,
 CASE "Actividad"
  WHEN 'Fuerza pública' THEN 'military' WHEN 'Actividades fuerza pública' THEN 'military'
  WHEN 'Pasando, estando cerca' THEN 'passing_by' WHEN 'Agricultura' THEN 'farming' WHEN 'Manipulación' THEN 'tampering'
  WHEN 'Transito por via usual' THEN 'walking' WHEN 'Transito por trocha atajo' THEN 'walking'
  WHEN 'Recogiendo comida, agua ó  madera' THEN 'collecting_food_water' WHEN 'Jugando' THEN 'playing'
  WHEN 'Cuidado de animales' THEN 'herding' WHEN 'Trabajos de casa' THEN 'at_home' WHEN 'Caza, pesca' THEN 'fishing'
  WHEN 'Mantenimiento de infraestructura' THEN 'construction_utility_work' WHEN 'Labores de desminado' THEN 'demining'
  WHEN 'Sin Información' THEN 'unknown' ELSE 'other' END AS activity
FROM source
