package dev.judi.sdk;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Runs the tests: every static method without arguments of the classes below. */
public final class Tests {
  private Tests() {}

  public static void main(String[] wanted) throws Exception {
    Class<?>[] classes = {
      WriterTest.class,
      ValuesTest.class,
      SegmentTest.class,
      AnswerTest.class,
      ClientTest.class,
      RetryTest.class,
      ConsentTest.class,
      StressTest.class,
      KillTest.class
    };
    int failures = 0;
    int runs = 0;
    for (Class<?> of : classes) {
      Method[] methods = of.getDeclaredMethods();
      Arrays.sort(methods, Comparator.comparing(Method::getName));
      for (Method method : methods) {
        String name = of.getSimpleName() + "." + method.getName();
        boolean isTest =
            Modifier.isStatic(method.getModifiers())
                && method.getParameterCount() == 0
                && method.getReturnType() == void.class
                && !method.isSynthetic()
                && !Modifier.isPrivate(method.getModifiers());
        if (!isTest || (wanted.length > 0 && !name.contains(wanted[0]))) {
          continue;
        }
        runs++;
        failures += run(name, method) ? 0 : 1;
      }
    }
    System.out.println(runs + " tests, " + failures + " failed");
    System.exit(failures == 0 && runs > 0 ? 0 : 1);
  }

  private static boolean run(String name, Method method) throws IllegalAccessException {
    long from = System.nanoTime();
    try {
      method.invoke(null);
      System.out.println("ok     " + name + " " + (System.nanoTime() - from) / 1_000_000 + " ms");
      return true;
    } catch (InvocationTargetException e) {
      System.out.println("FAILED " + name);
      e.getCause().printStackTrace(System.out);
      return false;
    }
  }

  static void equal(Object is, Object wanted) {
    if (!Objects.equals(is, wanted)) {
      throw new AssertionError("is " + is + ", wanted " + wanted);
    }
  }

  static void that(boolean isSo, String what) {
    if (!isSo) {
      throw new AssertionError(what);
    }
  }

  static void until(BooleanSupplier isSo, String what) {
    for (int tries = 0; tries < 1_000; tries++) {
      if (isSo.getAsBoolean()) {
        return;
      }
      pause(10);
    }
    throw new AssertionError("it never came to this: " + what);
  }

  static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static EventException.Code refused(Runnable call) {
    try {
      call.run();
    } catch (EventException e) {
      return e.code();
    }
    throw new AssertionError("it was taken");
  }

  static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte each : bytes) {
      hex.append(String.format("%02x", each));
    }
    return hex.toString();
  }
}
