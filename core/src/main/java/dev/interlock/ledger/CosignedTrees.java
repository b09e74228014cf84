package dev.interlock.ledger;

import dev.interlock.evidence.Note;
import java.util.List;
import java.util.Set;

/** Checkpoints that cover a receipt, with the cosignatures of the witnesses whose keys {@code by} has. */
public record CosignedTrees(List<Note> notes, Set<String> by) {}
