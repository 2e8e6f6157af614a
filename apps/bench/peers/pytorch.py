"""torch.optim.ASGD as a peer of the benchmark.

Reads one request a line from standard input and answers with one line, both JSON:
  {"do": "open", "tensors", "length", "dtype", "threads", "block", "options"}
  {"do": "run", "steps"}     answers {"milliseconds"}
  {"do": "read", "tensor"}   answers {"parameter", "average"}: the first block of each
  {"do": "close"}            frees what "open" made
"""

import json
import sys
import time

import torch


class Runner:
    def __init__(self, tensors, length, dtype, threads, block, options):
        torch.set_num_threads(threads)
        self.block_length = len(block["parameter"])

        def tile(values):
            one = torch.tensor(values, dtype=getattr(torch, dtype))
            return one.repeat(-(-length // len(values)))[:length].clone()

        self.parameters = [torch.nn.Parameter(tile(block["parameter"])) for _ in range(tensors)]
        for parameter in self.parameters:
            parameter.grad = tile(block["gradient"])
        self.optimizer = torch.optim.ASGD(self.parameters, **options)

    def run(self, steps):
        step = self.optimizer.step
        begin = time.perf_counter()
        for _ in range(steps):
            step()
        return {"milliseconds": (time.perf_counter() - begin) * 1e3}

    def read(self, tensor):
        parameter = self.parameters[tensor]
        state = self.optimizer.state[parameter]
        average = state["ax"] if state else parameter
        return {
            "parameter": parameter[: self.block_length].tolist(),
            "average": average[: self.block_length].tolist(),
        }


def main():
    runner = None
    for line in sys.stdin:
        request = json.loads(line)
        what = request.pop("do")
        try:
            if what == "open":
                runner = None  # frees the last one's memory before taking more
                runner = Runner(**request)
                answer = {}
            elif what == "close":
                runner = None
                answer = {}
            else:
                answer = getattr(runner, what)(**request)
        except Exception as error:  # whatever it is, the one who asked is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
