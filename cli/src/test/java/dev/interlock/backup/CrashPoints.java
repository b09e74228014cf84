package dev.interlock.backup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/**
 * Stops a process before each step of a backup that changes something outside of it: a file, a directory, an object in
 * storage, another process. A test checks the state at that moment, and lets the process go on or kills it.
 *
 * <p>It is an agent of the Java platform: it inserts a call before each such call in {@code dev.interlock.backup}. The
 * stack of methods identifies a step, which stops the first time that it is reached. While one thread is stopped, the
 * others can take no step either.
 */
public final class CrashPoints {

    /** The name of the step after the start of a process. */
    static final String STARTED = "started";

    private static final String PACKAGE = "dev.interlock.backup.";

    /** The calls that change something, by class. */
    private static final Map<String, Set<String>> CHANGES = Map.of(
            "java/nio/file/Files",
            Set.of("createDirectory", "createDirectories", "copy", "delete", "deleteIfExists", "move", "write"),
            "java/nio/file/SecureDirectoryStream",
            Set.of("deleteDirectory", "deleteFile", "move", "newByteChannel"),
            "java/nio/channels/FileChannel",
            Set.of("force", "open", "write"),
            "java/io/OutputStream",
            Set.of("write"),
            "java/lang/ProcessBuilder",
            Set.of("start"),
            "software/amazon/awssdk/services/s3/S3Client",
            Set.of("deleteObject", "putObject", "createMultipartUpload", "uploadPart", "completeMultipartUpload"));

    /** A write to a stream is a change only if the stream belongs to a target, such as a program's input. */
    private static final String TARGETS = "dev/interlock/backup/place/";

    private static final Set<String> SEEN = new HashSet<>();
    private static SocketChannel test;

    private CrashPoints() {}

    /** Starts in the process that is to be stopped; {@code socket} is the test's socket. */
    public static void premain(String socket, Instrumentation instrumentation) throws IOException {
        test = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        instrumentation.addTransformer(new ClassFileTransformer() {
            @Override
            public byte[] transform(
                    ClassLoader loader, String name, Class<?> was, ProtectionDomain domain, byte[] bytes) {
                return name.startsWith(PACKAGE.replace('.', '/')) ? transformed(name, bytes) : null;
            }
        });
    }

    private static byte[] transformed(String name, byte[] bytes) {
        ClassModel model = ClassFile.of().parse(bytes);
        if (!changes(model)) {
            return null;
        }
        // This code must not load classes that are to be transformed themselves.
        ClassFile classFile = ClassFile.of(ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(ClassLoader.getSystemClassLoader())
                        .cached()));
        CodeTransform before = (code, element) -> {
            if (element instanceof InvokeInstruction call && isChange(name, call)) {
                reach(code, call.name().stringValue());
            }
            code.with(element);
            if (element instanceof InvokeInstruction call && isStart(call)) {
                reach(code, STARTED);
            }
        };
        return classFile.transformClass(model, ClassTransform.transformingMethodBodies(before));
    }

    private static boolean changes(ClassModel model) {
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof ClassEntry known && CHANGES.containsKey(known.asInternalName())) {
                return true;
            }
        }
        return false;
    }

    private static void reach(CodeBuilder code, String call) {
        code.ldc(call)
                .invokestatic(
                        ClassDesc.of(CrashPoints.class.getName()),
                        "reach",
                        MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String));
    }

    private static boolean isStart(InvokeInstruction call) {
        return call.owner().asInternalName().equals("java/lang/ProcessBuilder")
                && call.name().stringValue().equals("start");
    }

    private static boolean isChange(String caller, InvokeInstruction call) {
        String owner = call.owner().asInternalName();
        String method = call.name().stringValue();
        return CHANGES.getOrDefault(owner, Set.of()).contains(method)
                && (!owner.equals("java/io/OutputStream") || caller.startsWith(TARGETS));
    }

    /** Stops the process until the test lets it go on. */
    public static void reach(String call) {
        String step = StackWalker.getInstance()
                .walk(frames -> frames.filter(frame -> frame.getClassName().startsWith(PACKAGE) && !isOwn(frame))
                        .map(frame -> frame.getClassName()
                                        .substring(frame.getClassName().lastIndexOf('.') + 1) + "."
                                + frame.getMethodName())
                        .distinct() // recursion of any depth counts once
                        .collect(Collectors.joining(" < ", call + " < ", "")));
        synchronized (SEEN) {
            if (SEEN.add(step)) {
                hold(step);
            }
        }
    }

    private static boolean isOwn(StackWalker.StackFrame frame) {
        return frame.getClassName().equals(CrashPoints.class.getName());
    }

    private static void hold(String step) {
        try {
            test.write(StandardCharsets.UTF_8.encode(step + "\n"));
            test.read(ByteBuffer.allocate(1)); // returns also if the test has closed its end
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A process that stops at its steps, as the test sees it. */
    static final class PausedProcess implements AutoCloseable {

        private final Path directory = Files.createTempDirectory("held");
        private final ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        private final Process process;
        private final SocketChannel channel;
        private final BufferedReader steps;

        /**
         * Starts {@code main} with {@code arguments}; its output goes to {@code log}.
         *
         * @param options options of the JVM
         */
        PausedProcess(List<String> options, String main, List<String> arguments, Path log) throws IOException {
            Path socket = directory.resolve("socket");
            listening.bind(UnixDomainSocketAddress.of(socket));
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(options);
            command.addAll(List.of(
                    "-javaagent:" + agent() + "=" + socket, "-cp", System.getProperty("java.class.path"), main));
            command.addAll(arguments);
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            process.onExit().thenRun(this::listenNoLonger);
            channel = listening.accept();
            steps = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        /** Closes the listener, because an ended process connects no more. */
        private void listenNoLonger() {
            try {
                listening.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Makes a jar that only names the class, which is on the class path. */
        private Path agent() throws IOException {
            Manifest manifest = new Manifest();
            manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
            manifest.getMainAttributes().putValue("Premain-Class", CrashPoints.class.getName());
            Path jar = directory.resolve("agent.jar");
            new JarOutputStream(Files.newOutputStream(jar), manifest).close();
            return jar;
        }

        /** Waits until it stops at its next step, and returns that; empty if it has ended. */
        Optional<String> next() throws IOException {
            return Optional.ofNullable(steps.readLine());
        }

        void goOn() throws IOException {
            channel.write(ByteBuffer.wrap(new byte[1]));
        }

        /** Waits for its end, if it has no more steps, and returns its exit code. */
        int ended() throws InterruptedException {
            return process.waitFor();
        }

        /** Kills it, like a kernel that lacks memory: no code of it runs any more. */
        @Override
        public void close() throws IOException {
            process.destroyForcibly().onExit().join();
            channel.close();
            listening.close();
            Files.delete(directory.resolve("agent.jar"));
            Files.delete(directory.resolve("socket"));
            Files.delete(directory);
        }
    }
}
