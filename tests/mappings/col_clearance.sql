-- Colombia, humanitarian clearance by month and municipality.
SELECT 'clearance' AS type, 'completed' AS status,
 "departamento" AS admin1_name, "municipio" AS admin2_name,
 "areadespejada" AS cleared_area_m2,
 printf('%04d-%02d-01', "ano", "mes") AS start_date,
 json_array(json_object('category', 'ap_mine', 'quantity', "map"), json_object('category', 'other_erw', 'quantity', "muse"),
  json_object('category', 'ied_victim', 'quantity', "aei")) AS finds_reported
FROM source
