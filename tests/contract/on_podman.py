"""Which contract tests run on podman, and which cannot hold there.

What differs is said to users in ``docs/podman.md``, and the worst of it stated in ``test_podman.py``. Of the
others a choice runs in each ``make test``; ``make test-podman`` runs them all.
"""

import os

DIFFERS = {
    # It has no state between two runs: a container is over until it runs again.
    "test_a_kill_between_two_runs_ends_the_restarting",
    "test_only_what_runs_can_be_paused_and_only_what_is_paused_goes_on",
    "test_a_restart_starts_whatever_does_not_run",
    "test_what_runs_is_removed_by_force_only",
    "test_restarts_by_policy_are_counted_and_a_start_by_hand_counts_anew",
    # A start that fails is an error of another number, and leaves no exit code.
    "test_a_start_that_fails_leaves_only_a_creation",
    # No OOM is told.
    "test_an_oom_of_the_main_process_is_told_or_seen",
    "test_an_oom_of_a_child_is_told_and_ends_nobody",
    # No label can overwrite the exit code of an event.
    "test_a_label_can_overwrite_the_exit_code_of_an_event_and_not_that_of_an_inspect",
    # Readings come every five seconds, with no limit of PIDs nor word of page cache; they end with the run.
    "test_readings_of_a_run",
    "test_after_a_death_there_is_no_data_and_after_a_removal_no_stream",
    # Limits cannot be changed.
    "test_an_update_sets_all_limits_and_says_so",
    "test_an_update_leaves_what_is_not_named",
    "test_more_cpus_than_there_are_is_all_of_them",
    "test_a_quota_is_a_limit_of_cpu_time_and_stands_in_the_way_of_another",
    "test_what_it_holds_already_cannot_be_taken_away",
    "test_an_update_in_every_state",
    "test_what_is_too_small_changes_nothing",
    "test_an_update_of_limits_is_told_and_seen",
    # A restart tells of no end, and neither it nor a stop can be asked of what is paused.
    "test_a_pause_freezes_one_and_nobody_else",
    "test_a_restart_is_another_run",
    "test_a_restart_kills_whoever_does_not_listen",
    "test_a_restart_of_a_paused_one_lets_it_go_on_first",
    "test_a_stop_of_a_paused_one_can_be_polite",
    # Whoever removes itself may be removed in the middle of a restart.
    "test_a_restart_leaves_what_removes_itself",
    # Everybody has a limit of PIDs, and something in his layer.
    "test_limits_are_none_or_what_was_given",
    "test_limits_that_were_given_and_that_were_not",
    "test_what_is_written_to_the_layer_is_measured",
    "test_an_id_goes_before_a_name_in_whatever_is_done",
    # Its logs are of another format, and a container without an init says nothing of that.
    "test_hostile_output_is_bounded_and_fit_to_be_shown",
    "test_output_that_is_not_kept_cannot_be_read",
    "test_rights_user_and_logs",
    # Reasons not to make a container are said in other words: sidecars are made on Docker only.
    "test_what_is_made_is_what_was_ordered",
    "test_a_start_is_one_start_however_often_and_health_comes_when_it_comes",
    "test_each_reason_not_to_make_one_is_said_and_nothing_is_left",
    "test_who_cannot_be_started_stays_as_it_was_made",
    "test_an_init_finds_out_by_itself_that_there_is_no_program",
    # Containers do not depend on the service at all, and what holds one is another program.
    "test_an_engine_that_is_killed_ends_all_streams_and_answers_nobody",
    "test_who_was_killed_by_hand_and_is_to_run_always_comes_back_with_the_engine",
    "test_a_container_that_is_stuck_holds_up_nobody_else",
    "test_what_is_done_to_one_that_is_stuck_holds_up_nobody_and_is_done_later",
    # Probes of health are made by systemd, and only where that is process 1.
    "test_health_is_what_the_probes_find",
    "test_a_change_of_health_is_one_event_and_a_probe_is_none",
    "test_neither_a_pause_nor_an_end_is_ill_health",
    "test_whoever_watches_sees_each_change_of_health",
    "test_the_list_hints_at_the_health",
}
"""These do not hold on podman."""

QUICK = {
    "test_an_inspect_of_a_running_container",
    "test_a_kill_ends_a_running_container",
    "test_a_kill_ends_a_paused_container",
    "test_there_is_nothing_to_kill_in_what_does_not_run",
    "test_while_a_run_goes_on_the_last_end_is_that_of_the_run_before",
    "test_a_life_in_events",
    "test_events_come_while_they_happen",
    "test_labels_of_an_image_are_in_the_container_and_told_apart",
    "test_who_is_named_with_the_victims_ids_lives_while_the_victim_dies",
    "test_who_bears_the_victims_id_after_its_removal_lives",
}
"""These run on it in each ``make test``: what keeps the wrong one from being ended comes first."""

_WHOLE = "REACTOR_TEST_PODMAN"


def runs_on_podman(test: str) -> bool:
    """Whether this contract test runs on podman now."""
    return test not in DIFFERS and (test in QUICK or os.environ.get(_WHOLE) == "whole")
