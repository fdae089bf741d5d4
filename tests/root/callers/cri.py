#!/usr/bin/python3
"""What the kubelet does, by hand: one command per line of standard input, to a container runtime interface on a socket.

usage: cri.py GENERATED SOCKET IMAGE
GENERATED is the directory into which grpc_tools.protoc put what it makes of cri.proto.

  pod POD NAMESPACE HANDLER [ANNOTATION=VALUE...]     runs a pod's sandbox ("-": the default handler)
  start POD CONTAINER [OPTION...] -- COMMAND...       creates and starts a container
    options: seccomp=PATH|default, attempt=N, ANNOTATION=VALUE
  exec POD CONTAINER -- COMMAND...                    prints its output, then "exit N"
  wait POD CONTAINER                                  waits for its end and prints "exit N"
  stop POD CONTAINER | remove POD CONTAINER | stop-pod POD | remove-pod POD
  id POD [CONTAINER]                                  prints the id
  attempt HANDLER ANNOTATION=VALUE...                 a pod in the namespace "attacker" with these annotations on pod and
                                                      container "web": prints "started", or why not
  one-after-the-other COUNT HANDLER BUNDLES | at-the-same-time COUNT HANDLER BUNDLES
                                                      whole lives of pods, from sandbox to removal: each container is stopped
                                                      when its bundle below the directory BUNDLES is as containerd made it
Names are unique; ids are found by them. A refusal prints "refused: TEXT", and the exit status is then 1.
"""
import json
import os
import shlex
import sys
import threading
import time

import grpc

sys.path.insert(0, sys.argv[1])
import cri_pb2 as PROTO
import cri_pb2_grpc as SERVICE

NODE = 2


class Node:
    def __init__(self, socket, image):
        self.channel = grpc.insecure_channel("unix://" + socket)
        self.cri = SERVICE.RuntimeServiceStub(self.channel)
        self.image = image
        self.pods = {}  # name -> configuration, of those made here

    def pod_config(self, name, namespace, annotations):
        config = PROTO.PodSandboxConfig(metadata=PROTO.PodSandboxMetadata(name=name, uid="uid-" + name, namespace=namespace),
                                        log_directory="/tmp", annotations=annotations)
        options = config.linux.security_context.namespace_options
        options.network = NODE
        options.pid = 1
        return config

    def pod(self, name, namespace, handler, *annotations):
        config = self.pod_config(name, namespace, dict(a.split("=", 1) for a in annotations))
        request = PROTO.RunPodSandboxRequest(config=config, runtime_handler="" if handler == "-" else handler)
        self.pods[name] = config
        return self.cri.RunPodSandbox(request).pod_sandbox_id

    def find_pod(self, name):
        found = [p for p in self.cri.ListPodSandbox(PROTO.Nothing()).items if p.metadata.name == name]
        if not found:
            raise KeyError(f"no pod {name}")
        if name not in self.pods:
            self.pods[name] = self.pod_config(name, found[0].metadata.namespace, {})
        return found[0].id

    def find(self, pod, name):
        pod_id = self.find_pod(pod)
        found = [c for c in self.cri.ListContainers(PROTO.Nothing()).containers
                 if c.pod_sandbox_id == pod_id and c.metadata.name == name]
        if not found:
            raise KeyError(f"no container {name} in {pod}")
        return max(found, key=lambda c: c.metadata.attempt).id

    def start(self, pod, name, *words, pod_id=None):
        options = dict(w.split("=", 1) for w in words[:words.index("--")])
        seccomp, attempt = options.pop("seccomp", None), int(options.pop("attempt", 0))
        pod_id = pod_id or self.find_pod(pod)
        config = PROTO.ContainerConfig(metadata=PROTO.ContainerMetadata(name=name, attempt=attempt), image=PROTO.ImageSpec(image=self.image),
                                       command=words[words.index("--") + 1:], annotations=options, log_path=f"{name}.log")
        context = config.linux.security_context
        context.namespace_options.network = NODE
        context.namespace_options.pid = 1
        context.no_new_privs = True
        context.seccomp.profile_type = 1
        if seccomp == "default":
            context.seccomp.profile_type = 0
        elif seccomp:
            context.seccomp.profile_type, context.seccomp.localhost_ref = 2, seccomp
        container = self.cri.CreateContainer(PROTO.CreateContainerRequest(pod_sandbox_id=pod_id, config=config,
                                                                          sandbox_config=self.pods[pod])).container_id
        self.cri.StartContainer(PROTO.ContainerRequest(container_id=container))
        return container

    def exec(self, pod, name, *words):
        r = self.cri.ExecSync(PROTO.ExecSyncRequest(container_id=self.find(pod, name), cmd=words[1:], timeout=60))
        print((r.stdout + r.stderr).decode(), end="")
        return f"exit {r.exit_code}"

    def wait(self, pod, name, container=None):
        container = container or self.find(pod, name)
        while True:
            s = self.cri.ContainerStatus(PROTO.ContainerRequest(container_id=container)).status
            if s.state == 2:
                return f"exit {s.exit_code}"
            time.sleep(0.02)

    def stop(self, pod, name):
        self.cri.StopContainer(PROTO.StopContainerRequest(container_id=self.find(pod, name), timeout=0))

    def remove(self, pod, name):
        self.cri.RemoveContainer(PROTO.ContainerRequest(container_id=self.find(pod, name)))

    def stop_pod(self, pod):
        self.cri.StopPodSandbox(PROTO.PodRequest(pod_sandbox_id=self.find_pod(pod)))

    def remove_pod(self, pod):
        pod_id = self.find_pod(pod)
        self.cri.StopPodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))
        self.cri.RemovePodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))

    def id(self, pod, name=None):
        return self.find(pod, name) if name else self.find_pod(pod)

    def attempt(self, handler, *annotations):
        result = "started"
        pod_id = None
        try:
            pod_id = self.pod("attempt", "attacker", handler, *annotations)
            self.start("attempt", "web", *annotations, "--", "sh", "-c", "mkdir /tmp/x; sleep 1000", pod_id=pod_id)
        except grpc.RpcError as e:
            result = e.details()
        if pod_id:
            self.cri.StopPodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))
            self.cri.RemovePodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))
        return f"{handler} {' '.join(annotations)}: {result}"

    def life(self, pod, handler, bundles):
        pod_id = self.pod(pod, "many", handler)
        container = self.start(pod, "web", "--", "sh", "-c", "mkdir /tmp/x; exec sleep 1000", pod_id=pod_id)
        status = "as it was"
        for _ in range(1000):
            names = os.listdir(f"{bundles}/{container}")
            with open(f"{bundles}/{container}/config.json") as f:
                restored = "seccomp" not in json.load(f)["linux"] and not [n for n in names if "snug" in n]
            if restored:
                break
            time.sleep(0.02)
        else:
            status = f"not as it was: {names}"
        self.cri.StopContainer(PROTO.StopContainerRequest(container_id=container, timeout=0))
        self.cri.StopPodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))
        self.cri.RemovePodSandbox(PROTO.PodRequest(pod_sandbox_id=pod_id))
        return status

    @staticmethod
    def tell(results):
        return "\n".join(f"{results.count(r)} {r}" for r in sorted(set(results)))

    def one_after_the_other(self, count, handler, bundles):
        return self.tell([self.life(f"seq{i}", handler, bundles) for i in range(int(count))])

    def at_the_same_time(self, count, handler, bundles):
        results = []

        def one(i):
            try:
                results.append(self.life(f"par{i}", handler, bundles))
            except grpc.RpcError as e:
                results.append(e.details())

        threads = [threading.Thread(target=one, args=(i,)) for i in range(int(count))]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return self.tell(results)


def main():
    node, status = Node(*sys.argv[2:]), 0
    for line in sys.stdin:
        words = shlex.split(line)
        if not words:
            continue
        try:
            result = getattr(node, words[0].replace("-", "_"))(*words[1:])
        except grpc.RpcError as e:
            result, status = f"refused: {e.details()}", 1
        if result:
            print(result, flush=True)
    return status


sys.exit(main())
