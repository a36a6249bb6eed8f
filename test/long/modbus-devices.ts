/** Devices for modbus-speed.test in a process of their own. Argument: how many. Prints their ports, ends when killed. */
import { rightAnswer, startDevice } from "../modbus/device.ts";

const devices = await Promise.all(Array.from({ length: Number(process.argv[2]) }, () => startDevice(rightAnswer)));
process.stdout.write(`${JSON.stringify(devices.map(({ port }) => port))}\n`);
