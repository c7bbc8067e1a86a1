// The key field's own messages. All others come from the kernel.

export const TEXTS = {
  elsewhere: (before: string, now: string): string =>
    `You typed this for ${before}, and the settings are now for ${now}. Nothing is sent unless you want that.`,
  empty: "Paste an API key first.",
  emptyOptional: "Paste an API key to save one. This endpoint may not need a key: press Check to find out.",
  emptyName: "Enter the variable name first.",
  named: "Press Save to read the key from this variable.",
  emptyPassphrase: "Enter the passphrase first.",
  unlike: "The passphrases do not match. Nothing was sent.",
  failed: "What you typed could not be encrypted, so nothing was sent. It is still here; try again.",
  gone: "The kernel was restarted or stopped, so nothing was sent. Run the cells again, starting with the first one.",
};

const AFTER_RESTART = "If the kernel was restarted, run the cells again. What you typed is still here.";

export interface WaitingTexts {
  sent: string;
  late: string;
  lost: string;
}

export const SAVING: WaitingTexts = {
  sent: "Saving…",
  late: "Waiting for the kernel. A cell may still be running, or the keyring may be asking for its password.",
  lost: `The kernel has not answered yet. If a cell is running, the key is saved when it finishes. ${AFTER_RESTART}`,
};

export const COPYING: WaitingTexts = {
  sent: "Copying the key…",
  late: "Waiting for the kernel. A cell may still be running, or the keyring may be asking for its password.",
  lost: "The kernel has not answered yet. If a cell is running, the key is copied when it finishes.",
};

export const UNLOCKING: WaitingTexts = {
  sent: "Checking the passphrase…",
  late: "Waiting for the kernel. This takes a moment, longer while a cell is running.",
  lost: `The kernel has not answered yet. If a cell is running, the file is unlocked when it finishes. ${AFTER_RESTART}`,
};
