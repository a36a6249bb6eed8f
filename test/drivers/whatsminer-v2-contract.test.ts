import { whatsminerV2 as driver } from "../../drivers/whatsminer/driver.ts";
import { contract } from "./contract.ts";
import { contractStand } from "./whatsminer-contract.ts";

contract("WhatsMiner API V2", () => contractStand({ api: "v2", model: "whatsminer-m50s", driver, password: "admin" }));
