/**
 * Pushes by Git: what a push does, found out from its bytes and a small copy of the repository, and the answer to one
 * that is refused. Start with {@link dev.interlock.front.git.GitPushReader}.
 *
 * <p>It is the only package that knows JGit. It knows no HTTP listener: {@code front.http} gives it the bodies that
 * arrive, and sends what it writes. It decides nothing.
 */
@NullMarked
package dev.interlock.front.git;

import org.jspecify.annotations.NullMarked;
