package dev.interlock.backup.source;

import dev.interlock.backup.content.Contents;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Map;

public interface SourceSnapshot extends AutoCloseable {

    /** What restic copies. */
    sealed interface Material {

        /** A directory as it is now, with everything in it. */
        record Tree(Path path) implements Material {}

        non-sealed interface Stream extends Material {
            void writeTo(OutputStream out) throws IOException;
        }
    }

    Contents contents();

    Material material();

    /** Returns what another tool's programs are told in their environment: where the state is that was counted. */
    Map<String, String> environment();

    @Override
    void close() throws IOException;
}
