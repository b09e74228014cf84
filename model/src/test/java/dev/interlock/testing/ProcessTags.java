package dev.interlock.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.FieldRefEntry;
import java.lang.classfile.constantpool.LoadableConstantEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodHandleEntry;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.AnnotatedElement;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Finds the tests of a module that can start a process, by the calls of the test, of its fixtures, and of the program.
 * Such a test takes seconds and needs programs that a machine may lack. It therefore has the tag {@value #TAG}.
 *
 * <p>A call of an interface leads to those of its classes that the test, or the code that it calls, has instances of.
 * An override of a library's method counts as called as soon as an instance exists; so does the body of a lambda.
 */
public final class ProcessTags {

    /** The tag of a test that starts processes. */
    public static final String TAG = "process";

    private static final String OWN = "dev/interlock/";
    private static final Set<Method> STARTS =
            Set.of(new Method("java/lang/ProcessBuilder", "start"), new Method("java/lang/Runtime", "exec"));

    /**
     * Methods that start a process only where one is configured. Tests that configure one start others as well, or call
     * the method that starts it.
     */
    private static final Set<String> ONLY_IF_SET_UP = Set.of(
            "FetchedSecretCache.fetch", // a vault whose credential a program fetches
            "ProgramChannel.at", // a receiver of alerts that is a program
            "ConsoleCommand.browse"); // at a terminal

    private final ClassLoader loader;
    private final Map<String, Optional<Type>> types = new HashMap<>();

    private ProcessTags(ClassLoader loader) {
        this.loader = loader;
    }

    /** A method of a class; those that differ in parameters alone count as one. */
    private record Method(String owner, String name) {
        @Override
        public String toString() {
            return owner.substring(owner.lastIndexOf('/') + 1) + "." + name;
        }
    }

    /** The methods that a method calls, and the classes of which it makes instances. */
    private record Body(Set<Method> calls, Set<String> made) {}

    /** A class of ours: its superclasses and interfaces, and its methods by name. */
    private record Type(String name, List<String> above, Map<String, Body> bodies, boolean isAbstract) {}

    /**
     * Returns the test methods beside {@code one}, in its module, that start a process and lack the tag: by class and
     * name, the calls that lead to it.
     */
    public static Map<String, String> untagged(Class<?> one) {
        Map<String, String> untagged = new TreeMap<>();
        ProcessTags all = new ProcessTags(one.getClassLoader());
        for (Class<?> test : tests(one)) {
            if (!isTagged(test)) {
                all.reaching(test).forEach((method, way) -> {
                    if (!isTagged(method)) {
                        untagged.put(test.getName() + "#" + method.getName(), way);
                    }
                });
            }
        }
        return untagged;
    }

    /** Returns the tests of a class that start a process, and the calls that lead to it. */
    private Map<java.lang.reflect.Method, String> reaching(Class<?> test) {
        List<java.lang.reflect.Method> methods = new ArrayList<>();
        for (Class<?> each = test; each != Object.class; each = each.getSuperclass()) {
            for (java.lang.reflect.Method method : each.getDeclaredMethods()) {
                if (AnnotationSupport.isAnnotated(method, Testable.class)) {
                    methods.add(method);
                }
            }
        }
        Map<java.lang.reflect.Method, String> reaching = new LinkedHashMap<>();
        // Most classes start none: only of the others is each test followed by itself.
        if (new Walk().from(test, methods).isPresent()) {
            for (java.lang.reflect.Method method : methods) {
                new Walk().from(test, List.of(method)).ifPresent(way -> reaching.put(method, way));
            }
        }
        return reaching;
    }

    private static List<Class<?>> tests(Class<?> one) {
        try {
            Path root = Path.of(
                    one.getProtectionDomain().getCodeSource().getLocation().toURI());
            List<String> names;
            try (Stream<Path> files = Files.walk(root)) {
                names = files.map(file -> root.relativize(file).toString())
                        .filter(name -> name.endsWith("Test.class"))
                        .map(name -> name.substring(0, name.length() - ".class".length()))
                        .sorted()
                        .toList();
            }
            List<Class<?>> tests = new ArrayList<>();
            for (String name : names) {
                tests.add(Class.forName(name.replace('/', '.'), false, one.getClassLoader()));
            }
            return tests;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isTagged(AnnotatedElement test) {
        return Stream.of(test.getAnnotationsByType(Tag.class))
                .anyMatch(tag -> tag.value().equals(TAG));
    }

    /** Returns whether a method of a test class runs before or after each of its tests. */
    private static boolean isFixture(java.lang.reflect.Method method) {
        return Stream.of(BeforeAll.class, BeforeEach.class, AfterEach.class, AfterAll.class)
                .anyMatch(kind -> AnnotationSupport.isAnnotated(method, kind));
    }

    private Optional<Type> type(String name) {
        if (!name.startsWith(OWN)) {
            return Optional.empty();
        }
        Optional<Type> known = types.get(name);
        if (known == null) {
            known = read(name);
            types.put(name, known);
        }
        return known;
    }

    private Optional<Type> read(String name) {
        try (InputStream in = loader.getResourceAsStream(name + ".class")) {
            if (in == null) {
                return Optional.empty();
            }
            ClassModel model = ClassFile.of().parse(in.readAllBytes());
            List<String> above = new ArrayList<>();
            model.superclass().ifPresent(entry -> above.add(entry.asInternalName()));
            model.interfaces().forEach(entry -> above.add(entry.asInternalName()));
            Map<String, Body> bodies = new HashMap<>();
            for (MethodModel method : model.methods()) {
                Body body = bodies.computeIfAbsent(
                        method.methodName().stringValue(), _ -> new Body(new HashSet<>(), new HashSet<>()));
                method.code()
                        .ifPresent(code -> code.forEach(element -> {
                            switch (element) {
                                case InvokeInstruction call ->
                                    body.calls()
                                            .add(new Method(
                                                    call.owner().asInternalName(),
                                                    call.name().stringValue()));
                                case InvokeDynamicInstruction made -> add(body, made);
                                case NewObjectInstruction made ->
                                    body.made().add(made.className().asInternalName());
                                default -> {}
                            }
                        }));
            }
            return Optional.of(new Type(name, above, bodies, model.flags().has(AccessFlag.ABSTRACT)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void add(Body body, InvokeDynamicInstruction made) {
        for (LoadableConstantEntry argument : made.invokedynamic().bootstrap().arguments()) {
            // A record's own methods name its fields, which may be called as methods are.
            if (argument instanceof MethodHandleEntry handle && !(handle.reference() instanceof FieldRefEntry)) {
                MemberRefEntry member = handle.reference();
                Method method = new Method(
                        member.owner().asInternalName(), member.name().stringValue());
                body.calls().add(method);
                if (method.name().equals("<init>")) {
                    body.made().add(method.owner());
                }
            }
        }
    }

    /** Follows all calls from one test. */
    private final class Walk {

        private final Map<Method, Method> reached = new HashMap<>();
        private final Deque<Method> open = new ArrayDeque<>();

        /** The classes with instances, by each of their superclasses and interfaces. */
        private final Map<String, Set<String>> instances = new HashMap<>();

        /** Calls of methods that may be overridden: the method's name, by the class or interface of the call. */
        private final Map<String, Set<String>> called = new HashMap<>();

        private static final Method TEST = new Method("", "");

        Optional<String> from(Class<?> test, List<java.lang.reflect.Method> methods) {
            make(internal(test), TEST);
            for (Class<?> each = test; each != Object.class; each = each.getSuperclass()) {
                reach(new Method(internal(each), "<init>"), TEST);
                reach(new Method(internal(each), "<clinit>"), TEST);
                for (java.lang.reflect.Method other : each.getDeclaredMethods()) {
                    if (isFixture(other)) {
                        reach(new Method(internal(each), other.getName()), TEST);
                    }
                }
            }
            for (java.lang.reflect.Method method : methods) {
                reach(new Method(internal(method.getDeclaringClass()), method.getName()), TEST);
                // What JUnit finds by name: the methods that make a test's arguments.
                for (MethodSource source : method.getAnnotationsByType(MethodSource.class)) {
                    List<String> names =
                            source.value().length == 0 ? List.of(method.getName()) : List.of(source.value());
                    for (String name : names) {
                        int mark = name.indexOf('#');
                        String owner = mark < 0
                                ? internal(test)
                                : name.substring(0, mark).replace('.', '/');
                        reach(new Method(owner, name.substring(mark + 1)), TEST);
                    }
                }
            }
            while (!open.isEmpty()) {
                Method next = open.pop();
                if (STARTS.contains(next)) {
                    return Optional.of(way(next));
                }
                follow(next);
            }
            return Optional.empty();
        }

        private static String internal(Class<?> each) {
            return each.getName().replace('.', '/');
        }

        private String way(Method start) {
            Deque<String> way = new ArrayDeque<>();
            for (Method each = start; !each.equals(TEST); each = reached.get(each)) {
                way.push(each.toString());
            }
            return String.join(" > ", way);
        }

        private void reach(Method method, Method from) {
            if (reached.putIfAbsent(method, from) == null) {
                open.add(method);
            }
        }

        private void follow(Method method) {
            Optional<Type> type = type(method.owner());
            if (type.isEmpty() || ONLY_IF_SET_UP.contains(method.toString())) {
                return;
            }
            if (called.computeIfAbsent(method.owner(), _ -> new HashSet<>()).add(method.name())) {
                for (String each : instances.getOrDefault(method.owner(), Set.of())) {
                    reach(new Method(each, method.name()), method);
                }
            }
            Body body = type.get().bodies().get(method.name());
            if (body == null) {
                type.get().above().forEach(above -> reach(new Method(above, method.name()), method));
                return;
            }
            reach(new Method(method.owner(), "<clinit>"), method);
            body.made().forEach(each -> make(each, method));
            body.calls().forEach(call -> reach(call, method));
        }

        private void make(String name, Method from) {
            if (!name.startsWith(OWN)
                    || !instances.computeIfAbsent(name, _ -> new HashSet<>()).add(name)) {
                return;
            }
            for (String above : above(name)) {
                instances.computeIfAbsent(above, _ -> new HashSet<>()).add(name);
                for (String each : called.getOrDefault(above, Set.of())) {
                    reach(new Method(name, each), from);
                }
                if (!above.startsWith(OWN)) {
                    library(above).forEach(each -> reach(new Method(name, each), from));
                }
            }
        }
    }

    private final Map<String, Set<String>> aboves = new HashMap<>();

    private Set<String> above(String name) {
        Set<String> known = aboves.get(name);
        if (known == null) {
            Set<String> all = new HashSet<>();
            all.add(name);
            type(name).ifPresent(type -> type.above().forEach(each -> all.addAll(above(each))));
            aboves.put(name, all);
            known = all;
        }
        return known;
    }

    private final Map<String, Set<String>> libraries = new HashMap<>();

    /** The methods of a class of a library that one of ours may override. */
    private Set<String> library(String name) {
        return libraries.computeIfAbsent(name, _ -> {
            Set<String> methods = new HashSet<>();
            if (!name.equals("java/lang/Object")) {
                try {
                    for (java.lang.reflect.Method each :
                            Class.forName(name.replace('/', '.'), false, loader).getMethods()) {
                        methods.add(each.getName());
                    }
                } catch (ClassNotFoundException e) {
                    throw new IllegalStateException(e);
                }
            }
            return methods;
        });
    }
}
