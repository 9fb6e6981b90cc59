from tests.real.test_exits import *
def test_x(scene, watcher, capsys):
    ids=[scene.run(deeds.exits(7), task="loop", restart_policy={"Name": "on-failure", "MaximumRetryCount": 5}) for _ in range(10)]
    for i in ids:
        until(lambda: scene.truth.inspect(i)["RestartCount"] == 5, 60); until(lambda: scene.truth.state(i)["Status"] == "exited", 30)
    import time; time.sleep(3)
    with capsys.disabled():
        for i in ids: print([r["exit_code"] for r in watcher.exits(i)], len(scene.truth.events(i,"die")))
