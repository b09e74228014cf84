/**
 * What plans protect: where it is, and how it is counted. Begin with {@link dev.interlock.backup.source.SourceReader}.
 */
@NullMarked
package dev.interlock.backup.source;

import org.jspecify.annotations.NullMarked;
