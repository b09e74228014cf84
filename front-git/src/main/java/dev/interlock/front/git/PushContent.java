package dev.interlock.front.git;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;

/**
 * The objects of a push, as far as its refs lead to them.
 *
 * @param paths the path of each file and directory, one of several
 * @param commits the commits that it brings
 * @param starts the commits that those build on, and that it does not bring
 */
record PushContent(Map<ObjectId, String> paths, List<ObjectId> commits, Set<ObjectId> starts) {}
