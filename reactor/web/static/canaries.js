// What is said of canaries: containers that the monitor itself sends to be ended.

// A canary that was ended as it should be: nobody's container, and there may be hundreds a day.
export const isUsual = (one) => one.rule === "canary" && one.result === "done" && !one.dry_run;
