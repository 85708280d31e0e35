"""Contexts, and the owner of a handle that all classes share."""

import collections
import ctypes
import signal
import threading
import weakref

import numpy as np

from ._arrays import integer
from ._library import LOG_CALLBACK, PROGRESS_CALLBACK, Error, failure, library


class _Interrupts:
    """Turns Ctrl-C during a call into a request to cancel, for the main thread and Python's own handler.

    A KeyboardInterrupt would be raised as the progress callback is entered, where ctypes drops it."""

    def __init__(self, raw):
        self.raw = raw
        self.came = False

    def __enter__(self):
        self.installed = (threading.current_thread() is threading.main_thread()
                          and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        if self.installed:
            signal.signal(signal.SIGINT, self.handle)
        return self

    def handle(self, number, frame):
        self.came = True
        library.ntk_context_cancel(self.raw)

    def __exit__(self, *exception):
        if self.installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.came:
            library.ntk_context_clear_cancel(self.raw)  # when the call was over before it could obey
        return False


_running = threading.local()  # .session: the one whose call this thread is in, also while it is in a callback


class Trampoline:
    """A Python callable as a C function of the library. It is given arrays of n numbers and makes one such array, or a
    tuple of `results` of them. What it raises is raised by the call that needed it.

    Whatever may call the C function has to hold on to the trampoline."""

    def __init__(self, prototype, function, results):
        def call(user, n, *pointers):
            try:
                # Copies, which the callable may keep and change: the memory is the library's, and soon gone.
                given = [np.ctypeslib.as_array(pointer, (n,)).copy() for pointer in pointers[:-results]]
                made = function(*given)
                _store(made if results > 1 else (made,), n, pointers[-results:])
                return 0
            except BaseException as raised:
                _running.session.raised = raised
                return 1

        self.pointer = prototype(call)


def _store(made, n, pointers):
    if len(made) != len(pointers):
        raise ValueError(f"the function returned {len(made)} arrays; expected {len(pointers)}")
    for values, pointer in zip(made, pointers):
        if np.iscomplexobj(values):
            raise TypeError("the function returned complex numbers; the library takes real ones")
        np.ctypeslib.as_array(pointer, (n,))[:] = values


class _Session:
    """One ntk_context with its lock. Handles are given back between calls only, since garbage collection may find them
    while another thread, or a progress callback of this one, is inside a call."""

    def __init__(self):
        self.raw = ctypes.c_void_p()
        status = library.ntk_context_create(ctypes.byref(self.raw))
        if status:
            raise Error(status, "ntk_context_create: " + library.ntk_status_string(status).decode())
        self.lock = threading.Lock()
        self.owner = None
        self.retired = collections.deque()
        self.progress = self.log = self.raised = None
        # The trampolines must not keep the session alive, or nothing would ever be given back.
        this = weakref.ref(self)
        self.trampolines = (PROGRESS_CALLBACK(lambda f, phase, user: this().on_progress(f, phase)),
                            LOG_CALLBACK(lambda level, message, user: this().on_log(level, message)))
        library.ntk_context_set_progress(self.raw, self.trampolines[0], None)
        library.ntk_context_set_log(self.raw, self.trampolines[1], None)

    def on_progress(self, fraction, phase):
        try:
            return int(bool(self.progress and self.progress(fraction, phase.decode())))
        except BaseException as raised:
            self.raised = raised
            return 1

    def on_log(self, level, message):
        try:
            if self.log:
                self.log(level, message.decode())
        except BaseException as raised:
            self.raised = raised

    def call(self, name, *arguments):
        if self.owner == threading.get_ident():
            raise RuntimeError(f"{name}: a callback must not use its own context")
        outer = getattr(_running, "session", None)
        with self.lock:
            self.owner = threading.get_ident()
            _running.session = self
            try:
                self.raised = None
                with _Interrupts(self.raw) as interrupts:
                    status = getattr(library, name)(*arguments)
                raised, self.raised = self.raised, None
                sentence = self.sentence(status)
                self.give_back_retired()
            finally:
                self.owner = None
                _running.session = outer
        if interrupts.came:
            raise KeyboardInterrupt
        if raised is not None:  # a callback failed
            raise raised
        if status:
            raise failure(status, sentence)

    def sentence(self, status):
        if library.ntk_context_last_status(self.raw) == status:
            return library.ntk_context_last_error(self.raw).decode(errors="replace")  # a path may hold any bytes
        return library.ntk_status_string(status).decode()

    def retire(self, destroy, handle):
        self.retired.append((destroy, handle))
        if self.lock.acquire(blocking=False):
            try:
                self.give_back_retired()
            finally:
                self.lock.release()

    def give_back_retired(self):
        while self.retired:
            destroy, handle = self.retired.popleft()
            destroy(handle)

    def __del__(self):
        if self.raw:
            self.give_back_retired()
            library.ntk_context_destroy(self.raw)


def checked(value, expected, name):
    """The value, which must be of the class `expected`. Every handle that goes to the library passes through here, since
    C cannot tell one kind from another."""
    if not isinstance(value, expected):
        raise TypeError(f"{name} is of the class {type(value).__name__}; expected {expected.__name__}")
    return value


def context_of(context):
    """The context itself, or a new one for None."""
    return Context() if context is None else checked(context, Context, "context")


class Context:
    """Where threads, progress and errors belong. Objects made without one get a context of their own.

    threads   number of threads of the library's own loops; 0 means as many as the machine offers
    progress  progress(fraction, phase) is told of long work; a true result cancels it
    log       log(level, message) receives messages; level is 0 (error: the sentence of every failure), 1 (warning) or
              2 (information)
    """

    def __init__(self, threads=0, progress=None, log=None):
        self._session = _Session()
        self.progress = progress
        self.log = log
        if threads:
            self.threads = threads

    @property
    def threads(self):
        value = ctypes.c_int32()
        self._session.call("ntk_context_get_threads", self._session.raw, ctypes.byref(value))
        return value.value

    @threads.setter
    def threads(self, value):
        self._session.call("ntk_context_set_threads", self._session.raw, integer(value, "threads", -2**31, 2**31 - 1))

    @property
    def progress(self):
        return self._session.progress

    @progress.setter
    def progress(self, callback):
        self._session.progress = callback

    @property
    def log(self):
        return self._session.log

    @log.setter
    def log(self, callback):
        self._session.log = callback

    @property
    def blas_integer_bits(self):
        value = ctypes.c_int32()
        self._session.call("ntk_context_get_blas_integer_bits", self._session.raw, ctypes.byref(value))
        return value.value

    @property
    def blas_description(self):
        return library.ntk_context_blas_description(self._session.raw).decode()

    @property
    def cpu_path(self):
        return library.ntk_context_cpu_path(self._session.raw).decode()

    def cancel(self):
        """Asks the work that runs in this context, or else the next long work, to stop. For any thread. The request
        stays until a long call obeys it."""
        library.ntk_context_cancel(self._session.raw)

    def clear_cancel(self):
        """Withdraws a request of cancel() that nothing has obeyed yet. Call it before new work."""
        library.ntk_context_clear_cancel(self._session.raw)

    def __repr__(self):
        return f"Context(threads={self.threads})"


class Owner:
    """Owns one handle and gives it back when the object goes."""

    def _adopt(self, context, create, destroy, *arguments):
        """Calls create(*arguments, &handle) in the context and remembers how to destroy the handle."""
        self.context = context
        self._session = context._session
        self._handle = ctypes.c_void_p()
        self._session.call(create, *arguments, ctypes.byref(self._handle))
        weakref.finalize(self, self._session.retire, getattr(library, destroy), self._handle)

    def _call(self, name, *arguments):
        self._session.call(name, self._handle, *arguments)

    def _get(self, name, ctype, *arguments):
        value = ctype()
        self._call(name, *arguments, ctypes.byref(value))
        return value.value
