#!/usr/bin/env python3
"""What the server's processes cannot do: a build with planted ways out (tests/e2e/serve_planted.c) tries each of them in a confined
copy of each process. None may work but those that the part is for, and those that need a
call which no part makes end the process. As a control the same ways are tried unconfined.
usage: serve_confined.py PLANTED    (the planted build)"""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from serving import Serving

# what a part is for
MAY = {('write', 'read_register_key'), ('write', 'read_register'), ('write', 'write_register'), ('write', 'write_original'), ('account', 'read_accounts'), ('login', 'read_accounts')}
# what no part of ours ever calls ends the process at once
DEADLY = {'run_program', 'start_process', 'start_process_old_call', 'internet_socket', 'local_socket', 'socket_pair', 'signal_parent', 'signal_parent_thread',
          'trace_parent', 'read_parent_memory', 'limit_parent', 'turn_data_to_code', 'become_root', 'mount_something', 'change_root',
          'change_folder', 'new_namespace', 'kernel_program', 'kernel_queue', 'kernel_keys', 'shared_memory', 'message_queue', 'watch_files', 'host_name',
          'make_link', 'make_node'}
PARTS = ('front', 'quick', 'slow', 'write', 'account', 'login', 'draw')
failed = []


def tried(open_doors):
    s = Serving(sys.argv[1], options=['--quiet'])
    files = Path(s.registers[0]).with_suffix('.files')
    key = next((s.folder / 'keys').glob('registers/*/register.key'))
    # the accounts' file is made by the first start
    s.run('user', 'list', check=False)
    s.env.update(FALLOW_PLANTED_KEY=str(key), FALLOW_PLANTED_AUTHOR=str(s.folder / 'keys/author.key'), FALLOW_PLANTED_REGISTER=s.registers[0],
                 FALLOW_PLANTED_ACCOUNTS=str(s.folder / 'keys/accounts/accounts.key'), FALLOW_PLANTED_ORIGINAL=str(files / 'x'))
    if open_doors:
        s.env['FALLOW_PLANTED_OPEN'] = '1'
    for victim in ('.victim',):
        Path('/tmp/fallow_planted' + victim).write_text('x')
    with s:
        until = time.time() + 30
        while time.time() < until and min(s.said().count('planted ' + p) for p in ('front', 'draw')) < 52:
            time.sleep(0.1)
        said = s.said()
        alive = s.get('/registers').status == 200
    found = {}
    for line in said.splitlines():
        if line.startswith('planted '):
            _, part, way, how = line.split()
            found[part, way] = how if found.get((part, way)) != 'ESCAPED' else 'ESCAPED'
    return found, alive, [line for line in said.splitlines() if 'runs without' in line]


found, alive, without = tried(False)
if without:
    print('skipped: this kernel offers no sandbox:', without[0])
    sys.exit(77)
ways = {way for _, way in found}
for part in PARTS:
    for way in sorted(ways):
        how = found.get((part, way))
        want = ('ESCAPED',) if (part, way) in MAY else ('killed',) if way in DEADLY or part == 'front' and (way.startswith('read_') or way == 'open_old_call') else ('held', 'killed')
        if how not in want:
            failed.append('%s %s: %s, not %s' % (part, way, how, ' or '.join(want)))
if not alive or len(ways) < 50:
    failed.append('alive %s, %d ways' % (alive, len(ways)))
control, _, _ = tried(True)
escaped = {key for key, how in control.items() if how == 'ESCAPED'}
if len(escaped) < 6 * 20:
    failed.append('the control shows only %d escapes' % len(escaped))
for name in ('.victim', '', '.n', '.l', '.moved'):
    Path('/tmp/fallow_planted' + name).unlink(missing_ok=True)
d = Path('/tmp/fallow_planted.d')
if d.is_dir():
    d.rmdir()
for f in failed:
    print('FAILED', f)
print('%d ways from %d parts, %d failed; %d work where nothing is confined' % (len(ways), len(PARTS), len(failed), len(escaped)))
sys.exit(bool(failed))
