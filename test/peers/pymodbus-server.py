"""A GUDE of two outlets on pymodbus (Debian python3-pymodbus), for the client under test. Argument: the port. Says READY."""
import logging
import sys
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer

logging.disable()
inputs = [0] * 0x4000
inputs[0:5] = [2, 2, 0, 1, 1]
inputs[0x400:0x40A] = [1, 0xE240, 0, 3210, 0, 231, 0, 13900, 0, 4997]
inputs[0x3A02:0x3A04] = [0, 0]
inputs[0x3B22:0x3B24] = [0, 3200]

store = ModbusSlaveContext(
    di=ModbusSequentialDataBlock(0, [1, 0, 1, 1, 0, 0, 1, 0, 1]),
    co=ModbusSequentialDataBlock(0, [0, 1] + [0] * 30),
    hr=ModbusSequentialDataBlock(0, [at * 3 + 7 for at in range(200)]),
    ir=ModbusSequentialDataBlock(0, inputs),
    zero_mode=True,
)
threading.Timer(0.3, lambda: print("READY", flush=True)).start()
StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=("127.0.0.1", int(sys.argv[1])))
