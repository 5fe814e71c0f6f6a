"""The implementations of the agent port, and the pipe they speak over.

The daemon's side: `registry` names the agents, `process` runs one as a worker process. The worker's side: `worker`
speaks for an agent, `scripted` is one. Both sides: `frames` is what goes over the pipe, `script` the scripted agent's
language. Not here: git, the journal, editors; an agent knows its briefing and its worktree.
"""
