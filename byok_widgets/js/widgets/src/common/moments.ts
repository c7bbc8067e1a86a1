// Moments in the person's own time: the kernel may run in another zone.

const MARK = "{at}";

// Writes the moment in place of the mark; with its day, unless that is today.
export function withMoment(text: string, at = "", now = new Date()): string {
  const moment = new Date(at);
  if (!text.includes(MARK) || Number.isNaN(moment.getTime())) return text;
  const isToday = moment.toDateString() === now.toDateString();
  const day = moment.toLocaleDateString([], { day: "numeric", month: "short" });
  const time = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return text.replaceAll(MARK, isToday ? time : `${day}, ${time}`);
}
