-- By which door a change came: method and path of the request, or `SIGHUP`, `start`. Empty where that was not kept yet.
ALTER TABLE audit ADD COLUMN via TEXT NOT NULL DEFAULT '';
