package dev.interlock.config;

import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The path of {@code gateway.yaml}. */
public final class ConfigFile {

    private static final String NAME = "gateway.yaml";

    private ConfigFile() {}

    /**
     * Returns {@code named}, or else the file that {@code $INTERLOCK_CONFIG} names, or else the first usual file that
     * exists. A named file is returned even if it is missing; throws {@link FileNotFoundException} if none is named and
     * none exists.
     */
    public static Path find(@Nullable Path named) throws FileNotFoundException {
        String variable = System.getenv().getOrDefault("INTERLOCK_CONFIG", "");
        if (named != null || !variable.isEmpty()) {
            return named != null ? named : Path.of(variable);
        }
        String xdg = System.getenv().getOrDefault("XDG_CONFIG_HOME", home() + "/.config");
        return Stream.of(Path.of("interlock", NAME), Path.of(xdg, "interlock", NAME), Path.of("/etc/interlock", NAME))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(
                        () -> new FileNotFoundException(
                                "no gateway.yaml was found; run `sudo interlock setup`, or by hand `interlock init`, or name one with --config"));
    }

    /** Returns the home directory as the user's other tools determine it: {@code $HOME} before the system's entry. */
    public static Path home() {
        String home = System.getenv().getOrDefault("HOME", "");
        return Path.of(home.startsWith("/") ? home : System.getProperty("user.home", "/"));
    }
}
