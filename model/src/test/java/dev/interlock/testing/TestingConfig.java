package dev.interlock.testing;

import dev.interlock.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The smallest {@code gateway.yaml}. */
public final class TestingConfig {

    private TestingConfig() {}

    /** Returns one below {@code directory}, with the log {@code origin} and the one sealing key {@code sealer}. */
    public static Config in(Path directory, String origin, TestingKey sealer) throws IOException {
        return Config.read(Files.writeString(directory.resolve("gateway.yaml"), """
                origin: %s
                listen: 127.0.0.1:0
                data: data
                run: run
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(origin, sealer.line())));
    }
}
