package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The real ssh-keygen, with which our implementation is compared. */
final class RealSshKeygen {

    private final Path directory;

    RealSshKeygen(Path directory) {
        this.directory = directory;
    }

    static boolean isInstalled() {
        return Files.isExecutable(Path.of("/usr/bin/ssh-keygen"));
    }

    Path generate(String type, String... more) throws Exception {
        Path key = Files.createTempFile(directory, "id", "");
        Files.delete(key);
        List<String> command = new java.util.ArrayList<>(
                List.of("ssh-keygen", "-q", "-N", "", "-C", "a comment", "-t", type, "-f", key.toString()));
        command.addAll(List.of(more));
        run(null, command);
        return key;
    }

    String publicLine(Path key) throws IOException {
        return Files.readString(Path.of(key + ".pub")).strip();
    }

    String fingerprint(Path key) throws Exception {
        return run(null, List.of("ssh-keygen", "-l", "-f", key.toString())).split(" ", 3)[1];
    }

    String sign(Path key, byte[] message, String namespace) throws Exception {
        Path file = Files.createTempFile(directory, "message", "");
        Files.write(file, message);
        run(null, List.of("ssh-keygen", "-q", "-Y", "sign", "-f", key.toString(), "-n", namespace, file.toString()));
        return Files.readString(Path.of(file + ".sig"));
    }

    boolean verifies(String publicLine, byte[] message, String namespace, String armored) throws Exception {
        Path signers = Files.createTempFile(directory, "signers", "");
        Files.writeString(signers, "somebody " + publicLine + "\n");
        Path signature = Files.createTempFile(directory, "signature", "");
        Files.writeString(signature, armored);
        Path input = Files.createTempFile(directory, "message", "");
        Files.write(input, message);
        List<String> command = List.of(
                "ssh-keygen",
                "-Y",
                "verify",
                "-f",
                signers.toString(),
                "-I",
                "somebody",
                "-n",
                namespace,
                "-s",
                signature.toString());
        return exit(input, command) == 0;
    }

    private String run(Path input, List<String> command) throws Exception {
        Process process = start(input, command);
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command + ": " + output);
        }
        return output;
    }

    private int exit(Path input, List<String> command) throws Exception {
        Process process = start(input, command);
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    private Process start(Path input, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(
                input == null ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.from(input.toFile()));
        return builder.start();
    }
}
