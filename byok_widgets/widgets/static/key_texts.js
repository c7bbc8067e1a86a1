// What the key section says by itself. All else that it says comes from the kernel.

const TEXTS = {
  empty: "Paste an API key first.",
  emptyOptional: "Paste an API key to save one. This endpoint may need none: press Check to see.",
  emptyName: "Type the name of the variable first.",
  named: "Press Save to read the key from this variable.",
  emptyPhrase: "Type the passphrase first.",
  unlike: "The two passphrases are not the same. Nothing was sent.",
  failed: "What you typed could not be sealed, so nothing was sent. It is still here; try again.",
  gone: "The kernel was restarted or stopped: run this cell again. Nothing was sent.",
  held: "Waiting for the kernel: a running cell holds it up.",
};
const RESTARTED = "if the kernel was restarted, run the cell of this panel again. What you typed is still here.";
const KEY = {
  sent: "Saving …",
  busy: "Waiting for the kernel. A running cell may hold it up, or a keyring that asks for its password.",
  lost: `No answer from the kernel yet. If a cell is running, the key is saved when it ends; ${RESTARTED}`,
};
const PHRASE = {
  sent: "Making a key of the passphrase …",
  busy: "Waiting for the kernel. This takes a moment, and a running cell holds it up.",
  lost: `No answer from the kernel yet. If a cell is running, the file opens when it ends; ${RESTARTED}`,
};

