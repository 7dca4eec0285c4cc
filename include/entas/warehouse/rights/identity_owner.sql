-- Run by entas_pipeline where entas_identity exists, before identity.sql. May run again at any time.

-- The functions that show identities run as entas_identity, which owns no table and bypasses no policy: row-level
-- security limits what they can show, whatever their code says.
grant usage on schema raw, reference, identity to entas_identity;
grant create on schema identity to entas_identity;
grant select (upload_id, village_code, period, received_at) on raw.upload to entas_identity;
grant select (
    upload_id, position, no_kk, nik, nama, sex, tanggallahir, kk_level, status_dasar, alamat, dusun, rw, rt,
    household_id, person_id
) on raw.penduduk to entas_identity;
grant select (village_code, village_name) on reference.village to entas_identity;
grant insert, select on identity.look_up to entas_identity;
grant usage on sequence identity.ticket to entas_identity;
grant execute on function identity.sees_regency, identity.my_villages to entas_identity;

drop policy if exists district on raw.upload;
create policy district on raw.upload for select to entas_identity
using (village_code = any ((select identity.my_villages())::text[]));

drop policy if exists district on raw.penduduk;
create policy district on raw.penduduk for select to entas_identity
-- The policy above says which uploads there are.
using (exists (select from raw.upload as u where u.upload_id = penduduk.upload_id));
