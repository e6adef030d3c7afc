SELECT max(coalesce(radius_m, 0)) + max(coalesce(accuracy_m, 0)) FROM hazard
