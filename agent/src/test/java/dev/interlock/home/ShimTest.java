package dev.interlock.home;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.agents.CodingAgent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShimTest {

    @TempDir
    private Path home;

    private Shim shim(CodingAgent agent) {
        return new Shim(home.resolve("it's here/bin"), agent);
    }

    @Test
    @Tag("process")
    void passesArgumentsOnAsTheyAre() throws Exception {
        Shim shim = shim(CodingAgent.of("claude").orElseThrow());
        shim.write(List.of("printf", "[%s]", "a b"), new AgentExecutable(Path.of("it's")));
        Process process = new ProcessBuilder(shim.file().toString(), "c\nd", "", "$HOME").start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("[a b][it's][c\nd][][$HOME]");
        assertThat(process.waitFor()).isZero();
    }

    /** An extension says which program it would start, and that one runs. */
    @Test
    @Tag("process")
    void theWrapperRunsTheProgramThatTheEditorNames() throws Exception {
        Shim shim = shim(CodingAgent.of("claude").orElseThrow());
        shim.write(List.of("printf", "[%s]"), new AgentExecutable(Path.of("claude")));
        Process process = new ProcessBuilder(shim.wrapper().toString(), "/bundled/claude", "--verbose").start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("[/bundled/claude][--verbose]");
        assertThat(shim.wrapper().getParent()).as("not in PATH").isNotEqualTo(shim.directory());
        assertThat(shim.remove(home)).contains(shim.file(), shim.wrapper());
        assertThat(shim.wrapper().getParent()).doesNotExist();

        Shim codex = shim(CodingAgent.of("codex").orElseThrow());
        codex.write(List.of("true"), new AgentExecutable(Path.of("codex")));
        assertThat(codex.wrapper()).as("its extension has none").doesNotExist();
    }

    @Test
    void isNeverTakenForTheProgramItself() throws Exception {
        Shim shim = shim(CodingAgent.of("claude").orElseThrow());
        shim.write(List.of("true"), new AgentExecutable(Path.of("claude")));
        Path real = Files.createDirectories(home.resolve("real")).resolve("claude");
        Files.writeString(real, "#!/bin/sh\n");
        assertThat(real.toFile().setExecutable(true)).isTrue();
        String path = shim.directory() + ":relative:/nowhere:" + real.getParent();
        assertThat(AgentExecutable.find("claude", path)).contains(new AgentExecutable(real));
        assertThat(AgentExecutable.find("claude", shim.directory().toString())).isEmpty();
    }

    @Test
    @Tag("process")
    void startupFilesAreRestoredToTheByte() throws Exception {
        byte[] latin = {'#', ' ', (byte) 0xe9}; // no text in UTF-8, and no end of its last line
        Files.write(home.resolve(".bashrc"), latin);
        Files.writeString(home.resolve(".profile"), "");
        Shim claude = shim(CodingAgent.of("claude").orElseThrow());
        Shim codex = shim(CodingAgent.of("codex").orElseThrow());
        claude.write(List.of("true"), new AgentExecutable(Path.of("claude")));
        codex.write(List.of("true"), new AgentExecutable(Path.of("claude")));
        assertThat(claude.addToPath(home)).containsExactly(home.resolve(".bashrc"), home.resolve(".profile"));
        assertThat(codex.addToPath(home)).as("it is there already").isEmpty();

        Process shell = new ProcessBuilder("/bin/sh", "-c", ". ./.bashrc; command -v claude")
                .directory(home.toFile())
                .start();
        assertThat(new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                .isEqualTo(claude.file().toString());

        assertThat(codex.remove(home)).as("another shim needs the PATH").containsExactly(codex.file());
        claude.remove(home);
        assertThat(Files.readAllBytes(home.resolve(".bashrc"))).isEqualTo(latin);
        assertThat(home.resolve(".profile")).isEmptyFile();
        assertThat(claude.directory()).doesNotExist();
        assertThat(claude.remove(home)).isEmpty();
    }

    @Test
    void startupFileThatWasMadeIsRemoved() throws Exception {
        Shim shim = shim(CodingAgent.of("gemini").orElseThrow());
        shim.write(List.of("true"), new AgentExecutable(Path.of("claude")));
        assertThat(shim.addToPath(home)).containsExactly(home.resolve(".bashrc"));
        shim.remove(home);
        assertThat(home.resolve(".bashrc")).doesNotExist();
    }
}
