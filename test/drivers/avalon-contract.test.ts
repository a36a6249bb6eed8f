/** Avalon machines with softoff and softon: by frequency and voltage, by modes, by levels. */
import { avalon } from "../../drivers/avalon/driver.ts";
import { avalonContract } from "./avalon-stand.ts";
import { asleep, at } from "./bench.ts";

avalonContract({
  name: "Avalon A1346", make: avalon, model: "avalon-a1346", generation: "modern",
  // It wakes to what it starts with.
  orders: [at("300"), { ...at("450"), shows: ({ point, frequency, voltage }) => point === "450" && frequency === 450 && voltage === 12_800 }, asleep, at("500")],
});
avalonContract({ name: "Avalon Q, modes by a reboot", make: avalon, model: "avalon-q", generation: "modern", orders: [at("eco"), asleep, at("eco")] });
avalonContract({ name: "Avalon Nano 3S, levels", make: avalon, model: "avalon-nano-3s", generation: "modern", orders: [at("low"), at("high"), asleep, at("high")] });
