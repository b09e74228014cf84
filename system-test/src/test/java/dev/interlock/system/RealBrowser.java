package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;

/** Debian's Chromium, driven through one flow after another; its pictures stay below {@code target/console}. */
final class RealBrowser {

    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

    private static final Path PICTURES = Path.of("target/console");

    private final Installation installation;

    RealBrowser(Installation installation) {
        this.installation = installation;
    }

    /** Returns the directory in which npm installed the browser's driver; see {@code .ci/run}. */
    private static Path modules() {
        String home = System.getProperty("user.home");
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(home + "/.cache");
        return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_BROWSER")).orElse(cache + "/interlock-browser"));
    }

    /** Skips a test if it is not installed. */
    static void assumeInstalled() {
        assumeTrue(Files.isExecutable(CHROMIUM), "chromium is not installed");
        assumeTrue(Programs.has("node"), "node is not installed");
        assumeTrue(
                Files.isDirectory(modules().resolve("node_modules/playwright-core"))
                        && Files.isDirectory(modules().resolve("node_modules/axe-core")),
                "playwright-core and axe-core are not below " + modules());
    }

    /** Returns its instructions, with a code that opens the console. */
    Json.Members order(String flow) throws IOException {
        return tools().with("flow", flow)
                .with(
                        "address",
                        installation.admin("console.code", Json.object()).text("address"));
    }

    /** Returns what each script needs to know. */
    static Json.Members tools() {
        return Json.object()
                .with("modules", modules().toString())
                .with("chromium", CHROMIUM.toString())
                .with("pictures", PICTURES.toAbsolutePath().toString());
    }

    /** Starts {@code order}; the process's output reports the results. */
    Process start(Json.Members order) throws IOException {
        return start("browser.mjs", order);
    }

    private Process start(String name, Json.Members order) throws IOException {
        Path script = installation.root().resolve(name);
        try (InputStream in = Objects.requireNonNull(RealBrowser.class.getResourceAsStream("browser/" + name))) {
            Files.write(script, in.readAllBytes());
        }
        ProcessBuilder command = new ProcessBuilder("node", script.toString());
        command.environment().put("HOME", installation.root().toString());
        Process node = command.redirectErrorStream(true).start();
        try (var in = node.getOutputStream()) {
            in.write(order.canonical());
        }
        return node;
    }

    /** Executes all of {@code order}, or fails. */
    void browse(Json.Members order) throws Exception {
        browse("browser.mjs", order);
    }

    /** Does the same with another script than the console's. */
    void browse(String script, Json.Members order) throws Exception {
        Process node = start(script, order);
        String said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(node.waitFor()).as(said).isZero();
    }

    /** Shows {@code picture}, as the last flow made it, in the pages as {@code shown}, if that is asked for. */
    static void publish(String picture, String shown) throws IOException {
        if (Boolean.getBoolean("pictures.write")) {
            Files.copy(
                    PICTURES.resolve(picture + ".png"),
                    Path.of("../docs/images", shown + ".png"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
