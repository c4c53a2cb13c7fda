// Words in both languages. What comes from the host is "中文 English" in one string: each side shows its own.

const WORDS = {
  live: ["已连接", "Live"],
  lost: ["连接中断", "Not connected"],
  sound: ["账平", "Books balance"],
  unsound: ["账不平", "Books do not balance"],
  unknown: ["核对中", "Checking"],
  messages: ["报文", "messages"],
  sales: ["借记", "debits"],
  credits: ["贷记", "credits"],
  batch: ["批次", "batch"],
  signed_in: ["已签到", "signed in"],
  signed_off: ["未签到", "signed off"],
  debit: ["借", "Debit"],
  credit: ["贷", "Credit"],
  net: ["净额", "Net"],
  time: ["时间", "Time"],
  entry: ["分录", "Entry"],
  what: ["交易", "What"],
  from: ["付方", "From"],
  to: ["收方", "To"],
  amount: ["金额", "Amount"],
  terminal: ["终端", "Terminal"],
  state: ["对账", "State"],
  open: ["未结", "open"],
  balanced: ["平", "balanced"],
  unbalanced: ["不平", "not balanced"],
  account: ["账户", "Account"],
  balance: ["余额", "Balance"],
  more: ["另有", "and more:"],
  nothing: ["还没有", "Nothing yet"],
  reverses: ["冲", "reverses"],
  opening: ["期初", "Opening"],
  vault: ["金库", "Vault"],
  merchant: ["商户", "Merchant"],
  cardholder: ["持卡人", "Cardholder"],
  sale: ["消费", "Sale"],
  void: ["撤销", "Void"],
  refund: ["退货", "Refund"],
  offline_sale: ["离线结算", "Offline sale"],
  offline_chip: ["脱机消费", "Sale by chip"],
  pre_auth: ["预授权", "Pre-authorisation"],
  pre_auth_void: ["预授权撤销", "Pre-authorisation void"],
  completion: ["预授权完成", "Completion"],
  completion_advice: ["预授权完成通知", "Completion advice"],
  completion_void: ["预授权完成撤销", "Completion void"],
  adjustment: ["结算调整", "Adjustment"],
  tip: ["小费", "Tip"],
  reversal: ["冲正", "Reversal"],
  void_reversal: ["撤销冲正", "Reversal of a void"],
};
const root = document.documentElement;

export let language = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export function word(name) {
  const found = WORDS[name];
  return found ? found[language === "zh" ? 0 : 1] : name;
}

// "签到 sign-in reply" is 签到 and sign-in reply; what has no Chinese is shown whole.
export function half(both) {
  const found = /^([^ ]*[^\x00-\x7f][^ ]*) (.+)$/.exec(both);
  if (!found) return both;
  if (language !== "zh") return found[2];
  return found[2].endsWith(" reply") ? `${found[1]}应答` : found[1];
}

export function money(fen) {
  const [yuan, rest] = (Math.abs(fen) / 100).toFixed(2).split(".");
  return `${fen < 0 ? "−" : ""}${yuan.replace(/\B(?=(\d{3})+$)/g, ",")}.${rest}`;
}

export function speak(chosen) {
  language = chosen;
  localStorage.setItem("language", chosen);
  root.dataset.lang = chosen;
  root.lang = chosen === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-zh]")) element.textContent = element.dataset[chosen];
  document.getElementById("language").textContent = chosen === "zh" ? "EN" : "中文";
}
