import { whatsminerV3 as driver } from "../../drivers/whatsminer/driver.ts";
import { contract } from "./contract.ts";
import { contractStand } from "./whatsminer-contract.ts";

contract("WhatsMiner API V3", () => contractStand({ api: "v3", model: "whatsminer-m60", driver, password: "super" }));
