SELECT coalesce(place_name, '') || ' ' || coalesce(admin2_name, '') || ' ' || coalesce(admin1_name, ''), count(*)
FROM hazard WHERE geometry IS NULL AND shown_as = 'danger' AND NOT (revisions > 1 AND (unapproved <> 0 OR conflict <> 0)) GROUP BY 1 ORDER BY 1
