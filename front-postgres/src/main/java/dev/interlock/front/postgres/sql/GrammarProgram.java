package dev.interlock.front.postgres.sql;

import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.WasmFunctionHandle;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.FunctionImport;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * PostgreSQL's own parser as one WebAssembly program with a memory of its own. It has no file, no clock and no network:
 * it gets none from here. Threading: one thread at a time. After an exception it must not be used again.
 */
final class GrammarProgram {

    /**
     * Stack and static data take 33 MB of it; the rest holds one text and its tree. Beyond the second it fails. While
     * it grows, the old memory stands beside the new one in the heap of the gateway.
     */
    private static final MemoryLimits MEMORY = new MemoryLimits(640, 1024);

    /** The longest tree as JSON, in bytes. As objects it takes fifteen times as much of the gateway's 256 MB. */
    static final int MAX_TREE = 4 << 20;

    private static final String TOO_LARGE = "it holds more than is read at once: send it in parts";

    /** The imports that call a function of the table, and catch what {@link #THROW} throws. */
    private static final Set<String> INVOKE = Set.of("a", "b", "d", "e", "f", "g", "h", "i", "j", "k", "l", "n", "y");

    private static final String THROW = "p";

    private static final String RESIZE = "q";

    private static final String KEEP_ALIVE = "w";

    private final Instance instance;
    private final ExportFunction allocate;
    private final ExportFunction free;
    private final ExportFunction parse;
    private final ExportFunction freeParsed;
    private final ExportFunction parseBody;
    private final ExportFunction scan;
    private final ExportFunction freeText;
    private final ExportFunction stack;
    private final ExportFunction restoreStack;
    private final ExportFunction setThrew;

    private static final class LongJump extends RuntimeException {

        private static final long serialVersionUID = 1;

        private LongJump() {
            super(null, null, false, false);
        }
    }

    @SuppressWarnings("StaticAssignmentOfThrowable") // it has no trace, and is thrown as often as the program jumps
    private static final LongJump JUMP = new LongJump();

    /** What it answered: a tree as JSON, or an error and the character at which it is, from 1. */
    @SuppressWarnings("ArrayRecordComponent") // read once, by whoever asked
    record Answer(byte[] tree, String error, int position) {}

    GrammarProgram() {
        WasmModule module = CompiledGrammar.load();
        ImportValues.Builder imports = ImportValues.builder();
        for (int i = 0; i < module.importSection().importCount(); i++) {
            FunctionImport wanted = (FunctionImport) module.importSection().getImport(i);
            imports.addFunction(new HostFunction(
                    wanted.module(),
                    wanted.name(),
                    module.typeSection().getType(wanted.typeIndex()),
                    handle(
                            wanted.name(),
                            !module.typeSection()
                                    .getType(wanted.typeIndex())
                                    .returns()
                                    .isEmpty())));
        }
        this.instance = Instance.builder(module)
                .withImportValues(imports.build())
                .withMachineFactory(CompiledGrammar::create)
                .withMemoryLimits(MEMORY)
                .withStart(false)
                .build();
        this.allocate = instance.export("C");
        this.free = instance.export("E");
        this.parse = instance.export("F");
        this.freeParsed = instance.export("G");
        this.parseBody = instance.export("H");
        this.scan = instance.export("M");
        this.freeText = instance.export("N");
        this.setThrew = instance.export("P");
        this.restoreStack = instance.export("Q");
        this.stack = instance.export("R");
    }

    private WasmFunctionHandle handle(String name, boolean returns) {
        if (INVOKE.contains(name)) {
            return (_, arguments) -> invoke(arguments, returns);
        }
        return switch (name) {
            case THROW ->
                (_, _) -> {
                    throw JUMP;
                };
            case RESIZE -> (_, arguments) -> new long[] {grow(arguments[0])};
            case KEEP_ALIVE -> (_, _) -> null;
            default ->
                (_, _) -> {
                    throw new IllegalStateException("PostgreSQL's parser gave up, or asked for a file: " + name);
                };
        };
    }

    /** Calls a function of the table as emscripten's own host does: a jump out of it restores the stack. */
    @SuppressWarnings("NullAway") // a host function without a result returns null
    private long[] invoke(long[] arguments, boolean returns) {
        long saved = stack.apply()[0];
        long[] rest = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        try {
            return instance.getMachine().call(instance.table(0).requiredRef((int) arguments[0]), rest);
        } catch (LongJump _) {
            restoreStack.apply(saved);
            setThrew.apply(1, 0);
            return returns ? new long[] {0} : null;
        }
    }

    private long grow(long bytes) {
        int pages = (int) ((Integer.toUnsignedLong((int) bytes) + 65_535) >>> 16);
        int missing = pages - instance.memory().pages();
        return missing <= 0 || instance.memory().grow(missing) >= 0 ? 1 : 0;
    }

    Answer parse(String text) {
        int query = store(text);
        int result = (int) parse.apply(query)[0];
        try {
            if (result == 0) {
                throw new IllegalStateException("PostgreSQL's parser has no memory");
            }
            int error = instance.memory().readInt(result + 8);
            if (error != 0) {
                return new Answer(
                        new byte[0],
                        new String(bytesAt(instance.memory().readInt(error)), StandardCharsets.UTF_8),
                        instance.memory().readInt(error + 16));
            }
            return answer(bytesAt(instance.memory().readInt(result)));
        } finally {
            free.apply(query);
            freeParsed.apply(result);
        }
    }

    /** Reads the function bodies in PL/pgSQL of the statements in {@code text}. */
    Answer parseBody(String text) {
        return json(parseBody, text);
    }

    /** Reads the tokens of {@code text}, with comments. */
    Answer scan(String text) {
        return json(scan, text);
    }

    private Answer json(ExportFunction function, String text) {
        int query = store(text);
        int result = (int) function.apply(query)[0];
        byte[] answer = bytesAt(result);
        free.apply(query);
        freeText.apply(result);
        return answer.length > MAX_TREE || (answer.length > 0 && answer[0] == '{')
                ? answer(answer)
                : new Answer(new byte[0], new String(answer, StandardCharsets.UTF_8), 0);
    }

    private static Answer answer(byte[] tree) {
        return tree.length > MAX_TREE ? new Answer(new byte[0], TOO_LARGE, 0) : new Answer(tree, "", 0);
    }

    private int store(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int at = (int) allocate.apply(bytes.length + 1)[0];
        if (at == 0) {
            throw new IllegalStateException("PostgreSQL's parser has no memory");
        }
        instance.memory().write(at, bytes);
        instance.memory().writeByte(at + bytes.length, (byte) 0);
        return at;
    }

    /** Returns the text at {@code at}; of a tree that is too large, its beginning, which is longer than one may be. */
    private byte[] bytesAt(int at) {
        int length = 0;
        while (length <= MAX_TREE && instance.memory().read(at + length) != 0) {
            length++;
        }
        return instance.memory().readBytes(at, length);
    }
}
