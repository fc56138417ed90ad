// The pages work without script as far as reading goes; this adds search, sorting, editing and the wizard.

import { pageData } from "./api.js";
import { cluster } from "./cluster.js";
import { wireDialogs } from "./dialogs.js";
import { home } from "./home.js";
import { importWizard } from "./import.js";

const texts = pageData("portal-texts");
wireDialogs();
if (texts) {
  if (document.getElementById("cluster")) cluster(texts);
  else if (document.getElementById("import")) importWizard(texts);
  else home(texts);
}
document.documentElement.dataset.ready = "true";
