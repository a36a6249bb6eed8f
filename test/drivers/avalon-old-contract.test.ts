/** Avalon 7 and 8 as cgminer drives them, and A10 with its privileged interface. */
import { avalon10, avalon7 } from "../../drivers/avalon/driver.ts";
import { avalonContract } from "./avalon-stand.ts";
import { asleep, at } from "./bench.ts";

avalonContract({
  name: "Avalon A1066 with privilege", make: avalon10, model: "avalon-a1066", generation: "10",
  orders: [at("400"), { ...at("600"), shows: ({ point, frequency, voltage }) => point === "600" && frequency === 600 && voltage === 13_240 }, asleep, at("650")],
});
avalonContract({ name: "Avalon A841", make: avalon7, model: "avalon-a841", generation: "8", orders: [at("450"), at("550")] });
avalonContract({ name: "Avalon A741", make: avalon7, model: "avalon-a741", generation: "7", orders: [at("450"), at("550")] });
