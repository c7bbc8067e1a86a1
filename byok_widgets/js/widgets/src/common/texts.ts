// Messages of several views. All others come from the kernel.

export const WAITING = "Waiting for the kernel: a cell is still running.";
export const GONE = "The kernel was restarted or stopped. Run the cells again, starting with the first one.";
export const UNANSWERED =
  "The kernel has not answered yet. If a cell is running, this continues when it finishes; if the kernel was " +
  "restarted or stopped, run the cells again.";
