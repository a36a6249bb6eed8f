import type { PduFault, WireFault } from "./faults.ts";
import { FaultError, NO_FAULT } from "./faults.ts";
import type { Pdu } from "./pdu.ts";

/** One PDU in the rig, and what is wrong with it. */
export class SimPdu {
  readonly id: string;
  readonly pdu: Pdu;
  wire: WireFault = NO_FAULT;

  constructor(id: string, pdu: Pdu) {
    this.id = id;
    this.pdu = pdu;
  }

  fault(fault: PduFault): void {
    switch (fault.kind) {
      case "frozen":
        return this.pdu.setFrozen(true);
      case "offset":
        return this.pdu.setOffset(fault.offsetW);
      case "dead-outlet":
        if (fault.outlet > this.pdu.outlets) throw new FaultError(`${this.id} has outlets 1 to ${this.pdu.outlets}`);
        return this.pdu.setDead(fault.outlet - 1, true);
      case "frequency":
        return this.pdu.setHertz(fault.hertz);
      case "open-contact":
        return this.pdu.openContact(fault.contact - 1);
      case "none":
        this.pdu.clear();
        this.wire = fault;
        return;
      default:
        this.wire = fault;
    }
  }
}
