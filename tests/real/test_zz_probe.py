from collections import Counter
from tests.real.test_exits import *
from tests.real.conftest import *
def test_x(scene, watcher, capsys):
    lives=[ShortLife(deeds.OOM_AT_ONCE,{scene.names.task:str(n)},"16m") for n in range(40)]
    ids=run_all(scene,lives); wait_until_over(scene,ids)
    until(lambda: all(watcher.exits(c) for c in ids),15)
    import time; time.sleep(2)
    with capsys.disabled():
        for c in ids:
            e=watcher.exits(c)[0]; i=watcher.intents(c)
            ev=scene.truth.events(c); t0=ev[0].nano
            print(e['cause'],e['oom'],[(x['result'],x['why'],x['calls']) for x in i],[(round((s.nano-t0)/1e6,1),s.action,s.signal) for s in ev])
        print(watcher.said("a run ended", id=ids[0][:12]))
