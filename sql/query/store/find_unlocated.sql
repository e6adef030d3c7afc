SELECT coalesce(place_name, '') || ' ' || coalesce(admin2_name, '') || ' ' || coalesce(admin1_name, ''), count(*)
FROM hazard WHERE geometry IS NULL AND shown_as = 'danger' GROUP BY 1 ORDER BY 1
