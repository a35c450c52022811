/* Calls functions that symdiff compiled, with arguments of Python's: what they are and how long is read, room is made for
   the results, and where all of it lies is handed over.

   A program is made from the addresses of two functions, which are compiled beside the one that is called (see entry.py):
   `run` takes where everything lies, in order: inputs, lengths, results, work; `measure` takes lengths, and gives those of
   all axes of the results, and of the work. */

#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { KEPT = 1 << 25, SHORT = 48, AGAIN = 2, MORE = 4 };

typedef union {
    double f64;
    float f32;
    bool truth;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    void *array;
} Value;

typedef struct {
    int type, axes;
} Type;

typedef struct {
    int input, axis;
    ptrdiff_t factor, more; /* n, where factor * n + more is the length of that axis */
} Place;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    int (*run)(void *const *);
    void (*measure)(const ptrdiff_t *, ptrdiff_t *);
    int inputs, lengths, outputs, returned, made; /* how many there are; `made` lengths of results and work */
    bool of_numbers, has_work;
    int steps; /* which length says for how many steps there is room, or -1 */
    ptrdiff_t most_steps;
    Type *input, *output;
    Place *length;
    PyObject *layout, *failed, *keeps;
    void *room; /* work of the last call, if it was small, and how much that is */
    size_t room_size;
} Program;

/* The number that an object is, in a type of C's; false with an error set if it is none. */
static bool read_number(PyObject *given, int type, Value *value)
{
    if (type == NPY_DOUBLE || type == NPY_FLOAT) {
        const double x = PyFloat_CheckExact(given) ? PyFloat_AS_DOUBLE(given) : PyFloat_AsDouble(given);
        if (type == NPY_DOUBLE)
            value->f64 = x;
        else
            value->f32 = (float)x;
        return x != -1.0 || !PyErr_Occurred();
    }
    if (type == NPY_BOOL) {
        const int truth = PyObject_IsTrue(given);
        value->truth = truth > 0;
        return truth >= 0;
    }
    PyObject *whole = PyNumber_Index(given);
    if (!whole)
        return false;
    value->i64 = PyTypeNum_ISUNSIGNED(type) ? (int64_t)PyLong_AsUnsignedLongLong(whole) : PyLong_AsLongLong(whole);
    Py_DECREF(whole);
    const int64_t all = value->i64;
    switch (PyTypeNum_ISUNSIGNED(type) ? type - 1 : type) { /* NumPy numbers the unsigned type behind the signed one */
    case NPY_BYTE: value->i8 = (int8_t)all; break;
    case NPY_SHORT: value->i16 = (int16_t)all; break;
    case NPY_INT: value->i32 = (int32_t)all; break;
    }
    return all != -1 || !PyErr_Occurred();
}

/* A result that is a number: NumPy's, or Python's where all that goes in and comes out are numbers, and none is narrow. */
static PyObject *made_number(const Value *value, int type, bool is_plain)
{
    if (is_plain && type == NPY_DOUBLE)
        return PyFloat_FromDouble(value->f64);
    PyArray_Descr *kind = PyArray_DescrFromType(type);
    PyObject *made = kind ? PyArray_Scalar((void *)value, kind, NULL) : NULL;
    Py_XDECREF(kind);
    if (!made || !is_plain || type == NPY_FLOAT)
        return made;
    PyObject *plain = PyObject_CallMethod(made, "item", NULL);
    Py_DECREF(made);
    return plain;
}

/* Results in their places: a number is a place in `results`, a tuple a tuple. */
static PyObject *laid_out(PyObject *layout, PyObject *const *results)
{
    if (!PyTuple_Check(layout))
        return Py_NewRef(results[PyLong_AsLong(layout)]);
    const Py_ssize_t n = PyTuple_GET_SIZE(layout);
    PyObject *made = PyTuple_New(n);
    for (Py_ssize_t k = 0; made && k < n; k++) {
        PyObject *part = laid_out(PyTuple_GET_ITEM(layout, k), results);
        if (part)
            PyTuple_SET_ITEM(made, k, part);
        else
            Py_CLEAR(made);
    }
    return made;
}

/* Inputs as arrays in C order, or as numbers; where they lie. */
static bool take(const Program *self, PyObject *const *args, PyObject **held, Value *values, void **at)
{
    for (int k = 0; k < self->inputs; k++) {
        const Type type = self->input[k];
        if (type.axes == 0) {
            if (!read_number(args[k], type.type, values + k))
                return false;
            at[k] = values + k;
            continue;
        }
        PyArrayObject *array = (PyArrayObject *)args[k];
        if (PyArray_Check(args[k]) && PyArray_TYPE(array) == type.type && PyArray_ISCARRAY_RO(array))
            held[k] = Py_NewRef(args[k]);
        else
            held[k] = PyArray_FROM_OTF(args[k], type.type, NPY_ARRAY_IN_ARRAY);
        if (!held[k])
            return false;
        array = (PyArrayObject *)held[k];
        if (PyArray_NDIM(array) != type.axes) {
            PyErr_Format(PyExc_ValueError, "argument %d has %d axes, not %d", k + 1, PyArray_NDIM(array), type.axes);
            return false;
        }
        at[k] = PyArray_DATA(array);
    }
    return true;
}

/* Room for the results, of these lengths. */
static bool make_room(const Program *self, const ptrdiff_t *made, PyObject **results, Value *values, void **at)
{
    for (int k = 0; k < self->outputs; k++) {
        const Type type = self->output[k];
        if (type.axes == 0) {
            values[k].i64 = 0;
            at[k] = values + k;
            continue;
        }
        npy_intp shape[NPY_MAXDIMS];
        for (int axis = 0; axis < type.axes; axis++)
            shape[axis] = *made++;
        results[k] = PyArray_SimpleNew(type.axes, shape, type.type);
        if (!results[k])
            return false;
        at[k] = PyArray_DATA((PyArrayObject *)results[k]);
    }
    return true;
}

/* Runs it, again with more room as long as its loops take more steps; -1 if there is no memory. */
static int run(Program *self, ptrdiff_t *lengths, ptrdiff_t *made, void **at, void **work)
{
    for (;;) {
        if (self->steps >= 0) {
            lengths[self->steps] = self->most_steps;
            self->measure(lengths, made);
        }
        const size_t size = self->has_work ? sizeof(double) * (size_t)made[self->made - 1] : 0;
        void *room = NULL;
        if (size && size <= self->room_size) {
            room = self->room; /* nobody else has it meanwhile */
            self->room = NULL;
        }
        const size_t full = room ? self->room_size : size;
        if (room)
            self->room_size = 0;
        else if (size && !(room = malloc(size))) {
            PyErr_NoMemory();
            return -1;
        }
        *work = room;
        int code;
        Py_BEGIN_ALLOW_THREADS
        code = self->run(at);
        Py_END_ALLOW_THREADS
        if (full > self->room_size && full <= KEPT) {
            free(self->room);
            self->room = room;
            self->room_size = full;
        }
        else
            free(room);
        if (code != AGAIN)
            return code;
        self->most_steps *= MORE;
    }
}

static void raise_failed(const Program *self, int code, const Value *values)
{
    PyObject *given[SHORT + 1] = {PyLong_FromLong(code)};
    const int said = self->outputs - self->returned;
    bool is_good = given[0] != NULL;
    for (int k = 0; k < said && is_good; k++) {
        given[k + 1] = made_number(values + self->returned + k, self->output[self->returned + k].type, false);
        is_good = given[k + 1] != NULL;
    }
    if (is_good)
        Py_XDECREF(PyObject_Vectorcall(self->failed, given, (size_t)said + 1, NULL)); /* which raises */
    for (int k = 0; k <= said; k++)
        Py_XDECREF(given[k]);
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "the program failed with code %d", code);
}

static PyObject *called(PyObject *me, PyObject *const *args, size_t flags, PyObject *names)
{
    Program *self = (Program *)me;
    const int count = (int)PyVectorcall_NARGS(flags), inputs = self->inputs, outputs = self->outputs;
    if (count != inputs || (names && PyTuple_GET_SIZE(names)))
        return PyErr_Format(PyExc_TypeError, "%d arguments by position are taken, not %d", inputs, count);
    PyObject *held[SHORT] = {NULL}, *results[SHORT] = {NULL}, *found = NULL;
    Value values[2 * SHORT];
    void *at[3 * SHORT + 1];
    ptrdiff_t lengths[SHORT], made[2 * SHORT];
    if (!take(self, args, held, values, at))
        goto done;
    for (int k = 0; k < self->lengths; k++) {
        const Place place = self->length[k];
        if (place.input >= 0)
            lengths[k] = (PyArray_DIM((PyArrayObject *)held[place.input], place.axis) - place.more) / place.factor;
        at[inputs + k] = lengths + k;
    }
    void **const out = at + inputs + self->lengths;
    if (self->steps >= 0)
        lengths[self->steps] = self->most_steps;
    self->measure(lengths, made);
    if (!make_room(self, made, results, values + inputs, out))
        goto done;
    const int code = run(self, lengths, made, at, out + outputs);
    if (code > 0)
        raise_failed(self, code, values + inputs);
    if (code)
        goto done;
    for (int k = 0; k < self->returned; k++)
        if (self->output[k].axes == 0 &&
            !(results[k] = made_number(values + inputs + k, self->output[k].type, self->of_numbers)))
            goto done;
    found = laid_out(self->layout, results);
done:
    for (int k = 0; k < inputs; k++)
        Py_XDECREF(held[k]);
    for (int k = 0; k < outputs; k++)
        Py_XDECREF(results[k]);
    return found;
}

/* Numbers of a tuple of tuples, `width` of each, of which there are `count`; NULL with an error set if it is none. */
static ptrdiff_t *table(PyObject *given, int width, int *count)
{
    *count = (int)PyTuple_Size(given);
    ptrdiff_t *made = PyErr_Occurred() ? NULL : calloc((size_t)(*count * width + 1), sizeof *made);
    for (int k = 0; made && k < *count * width; k++)
        made[k] = PyLong_AsSsize_t(PyTuple_GetItem(PyTuple_GetItem(given, k / width), k % width));
    if (made && (PyErr_Occurred() || *count > SHORT)) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_OverflowError, "too many arguments or results");
        free(made);
        return NULL;
    }
    return made;
}

static Type *types(PyObject *given, int *count)
{
    ptrdiff_t *numbers = table(given, 2, count);
    Type *made = numbers ? calloc((size_t)*count + 1, sizeof *made) : NULL;
    for (int k = 0; made && k < *count; k++)
        made[k] = (Type){(int)numbers[2 * k], (int)numbers[2 * k + 1]};
    free(numbers);
    return made;
}

/* Program(run, measure, inputs, lengths, outputs, returned, layout, of_numbers, work, steps, most_steps, failed, keeps) */
static PyObject *new_program(PyTypeObject *type, PyObject *args, PyObject *names)
{
    Py_ssize_t run_at, measure_at, most_steps;
    PyObject *inputs, *lengths, *outputs, *layout, *failed, *keeps;
    int returned, of_numbers, has_work, steps;
    if (names && PyDict_Size(names))
        return PyErr_Format(PyExc_TypeError, "arguments are taken by position");
    if (!PyArg_ParseTuple(args, "nnO!O!O!iOppinOO", &run_at, &measure_at, &PyTuple_Type, &inputs, &PyTuple_Type, &lengths,
                          &PyTuple_Type, &outputs, &returned, &layout, &of_numbers, &has_work, &steps, &most_steps, &failed,
                          &keeps))
        return NULL;
    Program *self = (Program *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->call = called;
    self->run = (int (*)(void *const *))run_at;
    self->measure = (void (*)(const ptrdiff_t *, ptrdiff_t *))measure_at;
    self->returned = returned;
    self->of_numbers = of_numbers;
    self->has_work = has_work;
    self->steps = steps;
    self->most_steps = most_steps;
    self->layout = Py_NewRef(layout);
    self->failed = Py_NewRef(failed);
    self->keeps = Py_NewRef(keeps);
    self->input = types(inputs, &self->inputs);
    self->output = self->input ? types(outputs, &self->outputs) : NULL;
    ptrdiff_t *places = self->output ? table(lengths, 4, &self->lengths) : NULL;
    self->length = places ? calloc((size_t)self->lengths + 1, sizeof *self->length) : NULL;
    self->made = has_work;
    for (int k = 0; self->length && k < self->lengths; k++)
        self->length[k] = (Place){(int)places[4 * k], (int)places[4 * k + 1], places[4 * k + 2], places[4 * k + 3]};
    for (int k = 0; self->length && k < self->outputs; k++)
        self->made += self->output[k].axes;
    free(places);
    if (self->length && self->made <= 2 * SHORT)
        return (PyObject *)self;
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_OverflowError, "too many arguments or results");
    Py_DECREF(self);
    return NULL;
}

static void end_program(PyObject *me)
{
    Program *self = (Program *)me;
    free(self->input);
    free(self->output);
    free(self->length);
    free(self->room);
    Py_XDECREF(self->layout);
    Py_XDECREF(self->failed);
    Py_XDECREF(self->keeps);
    Py_TYPE(me)->tp_free(me);
}

static PyTypeObject program_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "symdiff_caller.Program",
    .tp_doc = "A compiled function, which takes its arguments by position.",
    .tp_basicsize = sizeof(Program),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_new = new_program,
    .tp_dealloc = end_program,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Program, call),
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "symdiff_caller", .m_size = -1};

PyMODINIT_FUNC PyInit_symdiff_caller(void)
{
    import_array();
    if (PyType_Ready(&program_type) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddObjectRef(made, "Program", (PyObject *)&program_type) < 0)
        Py_CLEAR(made);
    return made;
}
