// Messages of several views. All others come from the kernel.

export const WAITING = "Waiting for the kernel: a cell is still running.";
export const GONE = "The kernel was restarted or stopped. Run this cell again.";
