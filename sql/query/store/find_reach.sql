SELECT max(1000, coalesce(max(coalesce(radius_m, 0)) + max(coalesce(accuracy_m, 0)), 0)) FROM hazard WHERE radius_m > 500 OR accuracy_m > 500
